/* SPDX-License-Identifier: Apache-2.0 */
/*
 * finding: what `nft-offload check` has to say of one thing of this host:
 * a verdict, and where it is not fine what would cure it.
 */
#ifndef NFT_OFFLOAD_FINDING_H
#define NFT_OFFLOAD_FINDING_H

#include <stdbool.h>

/* In order: a worse one has a higher number, which is check's exit status. */
enum finding_verdict {
	FINDING_OK,
	FINDING_WARNING,	/* some flows, or one day, will not be offloaded */
	FINDING_ERROR,		/* nothing of this kind is offloaded */
};

struct findings {
	bool json;		/* one object per line, else text */
	bool failed;		/* something could not be printed */
	unsigned int n[FINDING_ERROR + 1];	/* by verdict */
};

struct finding {
	enum finding_verdict verdict;
	const char *check;	/* stable word for programs, "hw_tc_offload" */
	const char *subject;	/* what it is about: a device, a module, ... */
	const char *cure;	/* a command or a sentence; NULL: none */
};

/*
 * findings_add: counts @finding and prints it, with a sentence made of @format
 * as printf() does.
 */
void findings_add(struct findings *findings, const struct finding *finding,
		  const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * findings_end: prints how many there were of each verdict. The worst of them;
 * FINDING_OK if there was none.
 */
enum finding_verdict findings_end(struct findings *findings);

#endif
