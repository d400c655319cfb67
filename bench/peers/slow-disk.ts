import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Stands before the C library's own: a flush takes so much longer, and is then done as ever. */
const SOURCE = `
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>

static int slowly(const char *name, int fd) {
  int (*flush)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
  struct timespec pause = {0, atol(getenv("SLOW_FLUSH_MS")) * 1000000L};
  nanosleep(&pause, 0);
  return flush(fd);
}
int fdatasync(int fd) { return slowly("fdatasync", fd); }
int fsync(int fd) { return slowly("fsync", fd); }
`

/**
 * What to start a program with so that each of its flushes takes `ms` longer (1 to 999), as on a slow disk.
 *
 * @param folder where the library is built
 * @throws Error when there is no C compiler
 */
export function slowFlushes(folder: string, ms: number): Record<string, string> {
  const source = join(folder, 'slow-flush.c')
  const library = join(folder, 'slow-flush.so')
  writeFileSync(source, SOURCE)
  execFileSync('cc', ['-shared', '-fPIC', '-O2', '-o', library, source, '-ldl'], { stdio: 'pipe' })
  return { LD_PRELOAD: library, SLOW_FLUSH_MS: String(ms) }
}
