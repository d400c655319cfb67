import { describe, expect, it } from 'vitest'
import { fuzz } from '../../fuzz/loop.ts'
import { seeded } from '../../fuzz/random.ts'
import { TARGETS } from '../../fuzz/targets.ts'

/** Always the same rounds, so that a red run says something about the change; long runs are by hand. */
const SEED = 'ci'
const SECONDS = 3

describe('a few seconds of fuzzing', () => {
  for (const [name, open] of Object.entries(TARGETS)) {
    it(`${name} keeps its promises`, async () => {
      const { rounds, findings } = await fuzz(await open(), { seed: SEED, seconds: SECONDS })
      expect(findings).toEqual([])
      expect(rounds).toBeGreaterThan(5)
    }, 120_000)
  }
})

describe('the fuzzer itself', () => {
  it('does a round again by its seed', () => {
    const [one, two] = [seeded('a/1'), seeded('a/1')]
    const texts = [one, two].map((random) => [random.text(50), random.int(0, 1e9), random.pick([1, 2, 3])])
    expect(texts[0]).toEqual(texts[1])
    expect(seeded('a/2').text(50)).not.toBe(texts[0]![0])
  })

  it('notes what a round throws and what nobody hears, and goes on', async () => {
    const rounds: number[] = []
    const { findings } = await fuzz(
      {
        async round() {
          rounds.push(1)
          if (rounds.length === 1) throw new Error('thrown in a round')
          return 'fine'
        },
        stop: async () => {},
      },
      { seed: 's', seconds: 0.05 },
    )
    expect(findings).toHaveLength(1)
    expect(findings[0]).toContain('seed s round 0: Error: thrown in a round')
    expect(rounds.length).toBeGreaterThan(1)
  })
})
