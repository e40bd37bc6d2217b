// SPDX-License-Identifier: Apache-2.0
/*
 * test_reason: every reason has a name and a sentence fit for JSON, metrics
 * and people, and refusals of TC are told apart.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "reason.h"

static void names(void **state)
{
	const char *name, *c;
	int i;

	(void)state;
	for (i = 0; i <= NFT_OFFLOAD_REASON_MAX; i++) {
		name = nfo_reason_name(i);
		for (c = name; *c; c++)
			assert_true(islower(*c) || *c == '_');
		/* Each has one of its own. */
		assert_int_equal(nfo_reason_by_name(name), i);
	}
	assert_string_equal(nfo_reason_name(NFT_OFFLOAD_REASON_TABLE_FULL),
			    "table_full");
	assert_string_equal(nfo_reason_name(NFT_OFFLOAD_REASON_MAX + 1),
			    "unknown");
	assert_string_equal(nfo_reason_name(-1), "unknown");
	assert_int_equal(nfo_reason_by_name("unknown"), -ENOENT);
	assert_int_equal(nfo_reason_by_name(""), -ENOENT);
}

static void texts(void **state)
{
	const char *text;
	size_t len;
	int i;

	(void)state;
	for (i = 0; i <= NFT_OFFLOAD_REASON_MAX + 1; i++) {
		text = nfo_reason_text(i);
		len = strlen(text);
		assert_true(len > 20);
		assert_true(isupper(text[0]));
		assert_int_equal(text[len - 1], '.');
		assert_null(strchr(text, '\n'));
	}
}

static void refusals(void **state)
{
	static const struct {
		int			err;
		const char		*text;
		enum nft_offload_reason	want;
	} cases[] = {
		{ 0, "whatever", NFT_OFFLOAD_REASON_NONE },
		{ ENOSPC, NULL, NFT_OFFLOAD_REASON_TABLE_FULL },
		{ -ENOSPC, "", NFT_OFFLOAD_REASON_TABLE_FULL },
		{ ENOMEM, NULL, NFT_OFFLOAD_REASON_NO_MEMORY },
		{ EAGAIN, NULL, NFT_OFFLOAD_REASON_BUSY },
		{ EBUSY, "try later", NFT_OFFLOAD_REASON_BUSY },
		{ EEXIST, NULL, NFT_OFFLOAD_REASON_BUSY },
		{ ENODEV, NULL, NFT_OFFLOAD_REASON_PORT_GONE },
		{ EOPNOTSUPP, "mlx5_core: Unsupported key",
		  NFT_OFFLOAD_REASON_DRIVER_REFUSED },
		{ EINVAL, "eswsim: mirror to another switch",
		  NFT_OFFLOAD_REASON_DRIVER_REFUSED },
		{ EINVAL, NULL, NFT_OFFLOAD_REASON_DRIVER_REFUSED },
		{ EOPNOTSUPP, "", NFT_OFFLOAD_REASON_DRIVER_REFUSED },
		{ EOPNOTSUPP, "TC offload is disabled on net device",
		  NFT_OFFLOAD_REASON_HW_TC_OFFLOAD_OFF },
		{ EINVAL, "no trk, so no other flag can be set",
		  NFT_OFFLOAD_REASON_KERNEL_REFUSED },
		{ ENOENT, "Specified TC action kind not found",
		  NFT_OFFLOAD_REASON_KERNEL_REFUSED },
		{ EINVAL, "act_ct: dnat and snat can't be enabled",
		  NFT_OFFLOAD_REASON_KERNEL_REFUSED },
		{ EPERM, NULL, NFT_OFFLOAD_REASON_KERNEL_REFUSED },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(nfo_reason_from_tc(cases[i].err,
						    cases[i].text),
				 cases[i].want);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(texts),
		cmocka_unit_test(refusals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
