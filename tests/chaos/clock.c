/* The clock on the wall, set wrong for one process: LIMNER_CLOCK names a file of eight bytes, by how many
   seconds it is ahead. The steady clock goes on as it is, and so do all sleeps, as when a clock is really set. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>

typedef int (*get_time)(clockid_t, struct timespec *);

static const volatile int64_t *seconds_ahead;
static get_time true_time;

__attribute__((constructor)) static void open_clock(void) {
    true_time = (get_time)dlsym(RTLD_NEXT, "clock_gettime");
    const char *path = getenv("LIMNER_CLOCK");
    int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    void *found = file < 0 ? MAP_FAILED : mmap(NULL, sizeof(int64_t), PROT_READ, MAP_SHARED, file, 0);
    if (found != MAP_FAILED) seconds_ahead = found;
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    if (!true_time) open_clock();
    int failed = true_time(clock, now);
    if (!failed && seconds_ahead && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        now->tv_sec += *seconds_ahead;
    return failed;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    struct timespec exact;
    (void)zone;
    int failed = clock_gettime(CLOCK_REALTIME, &exact);
    now->tv_sec = exact.tv_sec;
    now->tv_usec = exact.tv_nsec / 1000;
    return failed;
}

time_t time(time_t *now) {
    struct timespec exact;
    clock_gettime(CLOCK_REALTIME, &exact);
    if (now) *now = exact.tv_sec;
    return exact.tv_sec;
}
