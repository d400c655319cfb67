/*
 * What must not outlive the harness, however it ends: a relay would run on for ever, and a disk that was left frozen
 * could not even be let go of by hand.
 */

const undone = new Set<() => void>()

process.on('exit', () => {
  for (const undo of [...undone].reverse()) {
    try {
      undo()
    } catch {}
  }
})

/** Runs `undo` when this process ends. Answers how to call it off, once it was done in good order. */
export function atExit(undo: () => void): () => void {
  undone.add(undo)
  return () => void undone.delete(undo)
}
