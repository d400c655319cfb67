import type Database from 'better-sqlite3'

/** About the thousand pages after which SQLite would do it by itself: a commit of a message writes some thirty. */
const COMMITS = 32
/** Pages after which a commit does it after all, for times when the writer never rests: 16 MB. */
const BACKSTOP_PAGES = 4_000

/**
 * Copies what was committed from the log into the file. SQLite does that within every so manyth commit, and whoever waits
 * for that one waits several times as long; here it is done once everybody has been answered. Nothing that was promised
 * depends on it: the log is what is flushed, and is read again after a crash.
 *
 * @returns what to call after each commit, and what to call when nobody waits
 */
export function scheduleCheckpoints(database: Database.Database): { committed(): void; rest(): void } {
  database.pragma(`wal_autocheckpoint = ${BACKSTOP_PAGES}`)
  const checkpoint = database.prepare('pragma wal_checkpoint(passive)')
  let commits = 0
  return {
    committed() {
      commits += 1
    },
    rest() {
      if (commits < COMMITS) return
      commits = 0
      try {
        checkpoint.get()
      } catch {
        // The disk is full or broken. Commits say so to those whom it concerns; the log keeps all until the next time.
      }
    },
  }
}
