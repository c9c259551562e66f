/* Loaded before the C library: the sync whose number is in ENTAIL_FAULTS_SYNC fails, as on a disk that lost a page. The file
   that ENTAIL_FAULTS_FAILED names is made then. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

static atomic_long n_syncs;

static int sync_by(const char *name, int file) {
    const char *which = getenv("ENTAIL_FAULTS_SYNC");
    if (which != NULL && atomic_fetch_add(&n_syncs, 1) + 1 == atol(which)) {
        const char *failed = getenv("ENTAIL_FAULTS_FAILED");
        if (failed != NULL) {
            close(open(failed, O_CREAT | O_WRONLY, 0600));
        }
        errno = EIO;
        return -1;
    }
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
    return real(file);
}

int fsync(int file) { return sync_by("fsync", file); }

int fdatasync(int file) { return sync_by("fdatasync", file); }
