import type { Random } from './random.ts'

/** Changes a text in up to `most` places: characters, runs, and words of the language it is written in. */
export function mutateText(random: Random, text: string, words: readonly string[], most = 3): string {
  let changed = text
  for (let times = random.int(1, most); times > 0; times -= 1) changed = changeOnce(random, changed, words)
  return changed
}

function changeOnce(random: Random, text: string, words: readonly string[]): string {
  const at = random.int(0, text.length)
  const length = Math.min(text.length - at, random.int(1, random.chance(0.2) ? 400 : 12))
  const [before, run, after] = [text.slice(0, at), text.slice(at, at + length), text.slice(at + length)]
  switch (random.int(0, 6)) {
    case 0:
      return before + after
    case 1:
      return before + run + run + after
    case 2:
      return before + random.text(20) + after
    case 3:
      return before + random.text(6) + run + after
    case 4:
      return before + run.repeat(random.int(2, 300)).slice(0, 20_000) + after
    case 5: {
      const to = random.int(0, after.length)
      return before + after.slice(0, to) + run + after.slice(to)
    }
    default:
      return before + random.pick(words) + (random.chance(0.5) ? run : '') + after
  }
}
