/* Read before node-pty's sources. These functions moved within glibc in 2.32 and 2.34, which gave them new versions; asked for by
   the old ones, the result runs wherever glibc is 2.17 or later, which is every Linux that VS Code runs on. musl has no versions. */
#if defined(__linux__)
#include <features.h>
#if defined(__GLIBC__)
#if defined(__x86_64__)
#define OLD_GLIBC "GLIBC_2.2.5"
#else
#define OLD_GLIBC "GLIBC_2.17"
#endif
__asm__(".symver forkpty,forkpty@" OLD_GLIBC);
__asm__(".symver openpty,openpty@" OLD_GLIBC);
__asm__(".symver pthread_sigmask,pthread_sigmask@" OLD_GLIBC);
#endif
#endif
