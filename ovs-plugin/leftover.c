/* SPDX-License-Identifier: Apache-2.0 */

/* leftover: see leftover.h. */

#include <config.h>
#include "leftover.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

int
leftover_flush(void)
{
    char command[] = NFT_OFFLOAD_COMMAND, flush[] = "flush", source[] = "ovs";
    char *const argv[] = { command, flush, source, NULL };
    posix_spawn_file_actions_t files;
    int error, status;
    pid_t pid;

    error = posix_spawn_file_actions_init(&files);
    if (error) {
        return error;
    }
    /* How many they were is nobody's output here. */
    error = posix_spawn_file_actions_addopen(&files, STDOUT_FILENO,
                                             "/dev/null", O_WRONLY, 0);
    if (!error) {
        error = posix_spawn(&pid, command, &files, NULL, argv, environ);
    }
    posix_spawn_file_actions_destroy(&files);
    if (error) {
        return error;
    }
    while (waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR) {
            return errno;
        }
    }
    return WIFEXITED(status) && !WEXITSTATUS(status) ? 0 : EIO;
}
