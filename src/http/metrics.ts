import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { InboundRecord } from '../domain/inbound-record.ts'

/** What is counted and timed. Other rooms are handed this object, or the part of it that they use. */
export type Metrics = ReturnType<typeof createMetrics>

const QUICK = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5]
const SLOW = [0.1, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300, 600]
/** Answers of long polls would only tell how long runners chose to wait. */
const LONG_POLL = /\/code$/

/** A registry of its own with all our metrics, so that several relays live in one test process. */
export function createMetrics() {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })
  const counter = <L extends string>(name: string, help: string, labelNames: L[]) =>
    new Counter({ name: `mfa_relay_${name}`, help, labelNames, registers })
  const histogram = <L extends string>(name: string, help: string, labelNames: L[], buckets: number[]) =>
    new Histogram({ name: `mfa_relay_${name}`, help, labelNames, buckets, registers })

  const messages = counter('messages_total', 'Messages stored.', ['channel', 'verdict', 'extraction'])
  const receive = histogram('receive_seconds', 'Last byte to commit.', ['channel'], QUICK)
  const steps = histogram('step_seconds', "One step of a message's way.", ['step'], QUICK)
  const refusals = counter('recipients_refused_total', 'Recipients refused at the door.', ['why'])
  const messageRefusals = counter('messages_refused_total', 'Messages refused.', ['door', 'why'])
  const claims = counter('codes_claimed_total', 'Codes handed to runners.', ['verdict'])
  const waits = histogram('code_wait_seconds', 'How long a runner waited for its code.', [], SLOW)
  const deliveries = counter('deliveries_total', 'Copies by how sending ended.', ['courier', 'result'])
  const deliverySeconds = histogram('delivery_seconds', 'One try to send a copy.', ['courier'], SLOW)
  const requests = counter('http_requests_total', 'HTTP requests.', ['method', 'route', 'status'])
  const requestSeconds = histogram('http_request_seconds', 'HTTP requests, no long polls.', ['route'], QUICK)

  return {
    received(record: Pick<InboundRecord, 'channel' | 'verdict' | 'extraction'>, ms: number): void {
      const { channel, verdict, extraction } = record
      messages.inc({ channel, verdict: verdict.level, extraction: extraction.kind })
      receive.observe({ channel }, ms / 1000)
    },
    /** @param step e.g. `parse`, `judge`, `extract`, `commit` */
    step: (step: string, ms: number): void => steps.observe({ step }, ms / 1000),
    /** @param why few fixed words, e.g. `unknown`, `retired`, `rate` */
    recipientRefused: (why: string): void => refusals.inc({ why }),
    messageRefused: (door: string, why: string): void => messageRefusals.inc({ door, why }),
    codeClaimed(verdict: string, waitedMs: number): void {
      claims.inc({ verdict })
      waits.observe(waitedMs / 1000)
    },
    /** @param result `sent`, `temporary`, `permanent`, `expired` */
    delivered(courier: string, result: string, ms: number): void {
      deliveries.inc({ courier, result })
      deliverySeconds.observe({ courier }, ms / 1000)
    },
    requestServed(method: string, route: string, status: number, ms: number): void {
      requests.inc({ method, route, status })
      if (!LONG_POLL.test(route)) requestSeconds.observe({ route }, ms / 1000)
    },
    /** A value that is read when it is asked for, e.g. `waiters`. */
    watch(name: string, help: string, read: () => number | Promise<number>): void {
      new Gauge({
        name: `mfa_relay_${name}`,
        help,
        registers,
        async collect() {
          this.set(await read())
        },
      })
    },
    contentType: registry.contentType,
    text: (): Promise<string> => registry.metrics(),
  }
}
