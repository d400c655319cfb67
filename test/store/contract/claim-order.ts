import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { UseStore } from '../contract.ts'
import { attempt, codeRecord, provision, rules, T0 } from '../samples.ts'

/** The rules of DESIGN.md §3.5 over a plain list, for one attempt that opened at {@link T0}. */
class Model {
  readonly codes: ModelCode[] = []

  claim({ now, after, skew, offer }: Ask): string | null {
    const mine = this.codes.filter(({ state }) => state === 'claimed')
    const start = this.codes.find(({ id }) => id === after)
    const isAfter = (code: ModelCode) => !start || later(code, start)
    const fresh = this.codes.filter(
      (code) =>
        code.state === 'available' &&
        code.receivedAt >= T0 &&
        code.sentAt >= T0 - skew &&
        code.expiresAt > now &&
        isAfter(code) &&
        mine.every((own) => later(code, own)),
    )
    const trusted = fresh.filter((code) => code.trusted)
    const candidates = offer && !mine.some((own) => own.trusted) ? fresh : []
    const best = newest(trusted.length > 0 ? trusted : candidates)
    if (best) {
      best.state = 'claimed'
      for (const code of this.codes) {
        if (code.state === 'available' && later(best, code)) code.state = 'superseded'
      }
      return best.id
    }
    const last = newest(mine)
    return last && isAfter(last) && last.expiresAt > now ? last.id : null
  }
}

type ModelCode = {
  id: string
  order: number
  trusted: boolean
  sentAt: number
  receivedAt: number
  expiresAt: number
  state: 'available' | 'claimed' | 'superseded'
}
type Ask = { now: number; after: string | undefined; skew: number; offer: boolean }

const later = (a: ModelCode, b: ModelCode): boolean =>
  [a.sentAt - b.sentAt, a.receivedAt - b.receivedAt, a.order - b.order].find((d) => d !== 0)! > 0
const newest = (codes: readonly ModelCode[]): ModelCode | undefined =>
  codes.find((code) => codes.every((other) => other === code || later(code, other)))

// Few distinct instants, so that ties and edges are met often.
const instant = fc.integer({ min: -3, max: 6 })
const arrival = fc.record({
  kind: fc.constant('arrival' as const),
  sent: instant,
  received: instant,
  lives: fc.integer({ min: 0, max: 8 }),
  trusted: fc.boolean(),
})
const claim = fc.record({
  kind: fc.constant('claim' as const),
  now: fc.integer({ min: 0, max: 9 }),
  after: fc.option(fc.nat(5)),
  skew: fc.integer({ min: 0, max: 2 }),
  offer: fc.boolean(),
})

/** Whatever arrives in whatever order, claims go as the rules say. */
export function claimOrderContract(use: UseStore): void {
  it('agrees with the rules over a plain list', { timeout: 60_000 }, async () => {
    const { store } = use()
    const steps = fc.array(fc.oneof(arrival, claim), { minLength: 3, maxLength: 14 })
    await fc.assert(
      fc.asyncProperty(steps, async (story) => {
        const { connectionId, address } = await provision(store)
        const { id: attemptId } = await store.openAttempt(attempt(connectionId))
        const model = new Model()
        for (const step of story) {
          if (step.kind === 'arrival') {
            const times = { sentAt: T0 + step.sent, receivedAt: T0 + step.received }
            const expiresAt = times.sentAt + step.lives
            const verdict = step.trusted ? 'trusted' : 'candidate'
            const options = { ...times, expiresAt, verdict } as const
            const message = codeRecord(connectionId, options, { mailbox: address })
            await store.saveInbound([message])
            const { id } = message.code
            const order = model.codes.length
            model.codes.push({ id, order, trusted: step.trusted, ...times, expiresAt, state: 'available' })
          } else {
            const after = step.after === null ? undefined : model.codes[step.after]?.id
            const ask = { now: T0 + step.now, after, skew: step.skew, offer: step.offer }
            const given = rules({
              now: ask.now,
              clockSkewMs: ask.skew,
              offerCandidates: ask.offer,
              ...(after === undefined ? {} : { after }),
            })
            const foreseen = await store.hasCode(attemptId, given)
            const result = await store.claimCode(attemptId, given, 'key:runner')
            expect(result.kind === 'code' ? result.code.id : null).toBe(model.claim(ask))
            expect(foreseen).toBe(result.kind === 'code')
          }
        }
      }),
      { numRuns: 150 },
    )
  })
}
