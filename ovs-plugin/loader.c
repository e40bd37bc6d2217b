/* SPDX-License-Identifier: Apache-2.0 */

/* loader: brings the provider into an ovs-vswitchd that was built without it.
 *
 * Open vSwitch (3.7 to 4.0) has no call that registers an offload provider:
 * lib/dpif-offload.c goes once through a static array of pointers to classes.
 * But these point to writable structures with global names, and the last of
 * them, dpif_offload_dummy_x_class, serves only OVS's own unit tests.  This
 * file is nft_offload_ovs.so; ovs-vswitchd is started with it in LD_PRELOAD,
 * and its constructor, which runs before main(), puts the provider's class
 * where that one was.  main() then finds and registers it as one of its own.
 *
 * An Open vSwitch with openvswitch-register.patch (beside this file) has such
 * a call, dpif_offload_add_class(): where it is there, it is used instead.
 *
 * LD_PRELOAD is inherited: the start script, all that it calls, and whatever
 * else was told to preload this get it too.  So this object needs libc alone
 * and binds nothing of OVS by itself: what it needs it asks for by name, and
 * in a program that is not ovs-vswitchd it returns at once.  The provider and
 * all that it is linked with is another object, opened here.
 *
 * What can go wrong is told in one line, on stderr and to syslog, as there is
 * no log file yet; ovs-vswitchd goes on without the provider, and without the
 * rules that one with it has left in hardware.  What can only
 * be told when main() has run for a while, such as OVS's exact version, is
 * looked at by fit.c.
 *
 * In a process with AT_SECURE (a domain transition of SELinux, file
 * capabilities) ld.so ignores LD_PRELOAD: docs/ovs-loading.md has the way out.
 *
 * Sources: ld.so(8), dlopen(3), dladdr(3). */

#include <config.h>

#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>

#include "dpif-offload-provider.h"
#include "leftover.h"

#define PROGRAM "ovs-vswitchd"

/* Is this one that will put flows? */
static bool is_service;

/* Tells the operator. */
static void OVS_PRINTF_FORMAT(1, 2)
tell(const char *format, ...)
{
    va_list args, again;

    va_start(args, format);
    va_copy(again, args);
    fputs(PROGRAM": ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    vsyslog(LOG_DAEMON | LOG_ERR, format, again);
    va_end(again);
    va_end(args);
}

/* Tells the operator why there is no provider, and does without. */
static void OVS_PRINTF_FORMAT(1, 2)
refuse(const char *format, ...)
{
    char why[512];
    va_list args;

    va_start(args, format);
    vsnprintf(why, sizeof why, format, args);
    va_end(args);

    tell("nft_offload is not loaded: %s; Open vSwitch runs on without it", why);
    if (is_service) {
        int error = leftover_flush();

        if (error) {
            tell("rules of an earlier ovs-vswitchd may be in hardware still "
                 "(%s): run nft-offload flush ovs", strerror(error));
        }
    }
    closelog();
}

/* By the name it was called by, as the file may be ovs-vswitchd.dpdk behind a
 * link.  Libtool's wrapper in a build tree adds "lt-". */
static bool
in_vswitchd(void)
{
    const char *name = program_invocation_short_name;

    return !strcmp(name, PROGRAM) || !strcmp(name, "lt-"PROGRAM);
}

/* Is 'slot' in 'lib' the class to give up, and as large as those we know?  Two
 * versions that differ in 'struct dpif_offload_class' differ in its size
 * nearly always, as what changes is the number of callbacks. */
static bool
slot_fits(const struct dpif_offload_class *slot)
{
    const ElfW(Sym) *symbol;
    Dl_info info;

    return dladdr1(slot, &info, (void **) &symbol, RTLD_DL_SYMENT)
           && symbol
           && symbol->st_size == sizeof *slot
           && slot->type
           && !strcmp(slot->type, "dummy_x");
}

/* Opens the provider.  Returns its class, or NULL after saying why. */
static struct dpif_offload_class *
provider_open(void)
{
    struct dpif_offload_class *class;
    void *provider;

    /* At once, so that a symbol that is missing is missed now. */
    provider = dlopen(NFT_OFFLOAD_PROVIDER, RTLD_NOW | RTLD_LOCAL);
    if (!provider) {
        refuse("%s", dlerror());
        return NULL;
    }
    class = dlsym(provider, "nft_offload_class");
    if (!class) {
        refuse("%s", dlerror());
    }
    return class;
}

/* Puts the provider's class into the 'lib' that this process runs with. */
static void
provider_register(void *lib)
{
    struct dpif_offload_class *slot, *class;
    int (*add)(const struct dpif_offload_class *);
    int error;

    *(void **) &add = dlsym(lib, "dpif_offload_add_class");
    slot = dlsym(lib, "dpif_offload_dummy_x_class");
    if (!add && (!slot || !slot_fits(slot))) {
        refuse("its library "OVS_SONAME" is not the one of "VERSION
               VERSION_SUFFIX" that nft_offload was built for");
        return;
    }
    class = provider_open();
    if (!class) {
        return;
    }
    if (add) {
        error = add(class);
        if (error) {
            refuse("dpif_offload_add_class(): %s", strerror(error));
        }
    } else {
        *slot = *class;
    }
}

/* Not if it only prints something and ends: one with flows may be running. */
static bool
serves(int argc, char *argv[])
{
    static const char *const prints[] = {
        "-V", "--version", "-h", "--help", "--option", "--options",
    };

    for (int i = 1; i < argc; i++) {
        for (size_t j = 0; j < ARRAY_SIZE(prints); j++) {
            if (!strcmp(argv[i], prints[j])) {
                return false;
            }
        }
    }
    return true;
}

/* glibc calls constructors with the arguments of main(). */
static void __attribute__((constructor))
loader_run(int argc, char *argv[])
{
    void *lib;

    if (!in_vswitchd()) {
        return;
    }
    is_service = serves(argc, argv);
    /* Never loads it: a program without it has OVS linked in statically, or
     * uses another version. */
    lib = dlopen(OVS_SONAME, RTLD_LAZY | RTLD_NOLOAD);
    if (!lib) {
        refuse("it was built for Open vSwitch "VERSION VERSION_SUFFIX", and "
               "this one does not use "OVS_SONAME);
        return;
    }
    provider_register(lib);
}
