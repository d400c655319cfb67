import { fork } from 'node:child_process'
import { once } from 'node:events'
import type { LoadOrder, LoadResult, SignOrder } from './load/generator.ts'

export type { Accepted, LoadOrder, LoadResult } from './load/generator.ts'

/** The load generator as the bench sees it. */
export type Load = {
  send(order: Omit<LoadOrder, 'kind'>): Promise<LoadResult>
  sign(order: Omit<SignOrder, 'kind'>): Promise<void>
  close(): void
}

/** Starts the generator's process. Its orders are carried out one after the other. */
export function startLoad(): Load {
  const child = fork(new URL('./load/generator.ts', import.meta.url), { serialization: 'advanced' })
  const ask = async <T>(order: LoadOrder | SignOrder): Promise<T> => {
    child.send(order)
    const [answer] = (await once(child, 'message')) as [{ result: T; error?: string }]
    if (answer.error !== undefined) throw new Error(`load generator: ${answer.error}`)
    return answer.result
  }
  return {
    send: (order) => ask<LoadResult>({ kind: 'send', ...order }),
    async sign(order) {
      await ask<null>({ kind: 'sign', ...order })
    },
    close: () => child.kill(),
  }
}
