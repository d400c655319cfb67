import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { InboundRecord } from '../domain/inbound-record.ts'
import type { ReadTimings } from '../domain/reading.ts'

/**
 * What is counted and timed: seconds, bytes, and labels of few fixed values. docs/operations.md says what each is
 * for. Other rooms are handed this object, or the part of it that they use.
 */
export type Metrics = ReturnType<typeof createMetrics>

const QUICK = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
const SLOW = [0.1, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300, 600]
/** From milliseconds, where a runner waits, to the minutes that a code lives. */
const WIDE = [0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 15, 60, 300, 900]
const WHY_REFUSED = ['full_count', 'full_age', 'full_bytes', 'unavailable', 'fault', 'rate']
/** Answers of long polls would only tell how long runners chose to wait. */
const LONG_POLL = /\/code$/

/** A registry of its own with all our metrics, so that several relays live in one test process. */
export function createMetrics() {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const make = makers(registry)
  return {
    ...messageMetrics(make),
    ...codeMetrics(make),
    ...outgoingMetrics(make),
    ...httpMetrics(make),
    ...gauges(registry),
    contentType: registry.contentType,
    text: (): Promise<string> => registry.metrics(),
  }
}

type Make = ReturnType<typeof makers>

function makers(registry: Registry) {
  const registers = [registry]
  return {
    counter: <L extends string>(name: string, help: string, labelNames: L[]) =>
      new Counter({ name: `mfa_relay_${name}`, help, labelNames, registers }),
    histogram: <L extends string>(name: string, help: string, labelNames: L[], buckets: number[]) =>
      new Histogram({ name: `mfa_relay_${name}`, help, labelNames, buckets, registers }),
  }
}

function messageMetrics({ counter, histogram }: Make) {
  const messages = counter('messages_total', 'Messages stored.', ['channel', 'verdict', 'extraction'])
  const receive = histogram('receive_seconds', 'Last byte to commit.', ['channel'], QUICK)
  const steps = histogram('step_seconds', "One step of a message's way.", ['step'], QUICK)
  const extractions = counter('extractions_total', 'What was read in messages.', ['utility', 'result'])
  const refusals = counter('recipients_refused_total', 'Recipients refused at the door.', ['why'])
  const messageRefusals = counter('messages_refused_total', 'Messages refused.', ['door', 'why'])
  // From zero, as the first refusal is the one to notice: a rate cannot tell it from a series that begins.
  for (const why of WHY_REFUSED) messageRefusals.inc({ door: 'smtp', why }, 0)
  for (const why of ['unknown', 'unavailable']) refusals.inc({ why }, 0)
  const dns = histogram('dns_seconds', 'One DNS question.', ['type', 'result'], QUICK)
  const step = (name: string, ms: number): void => steps.observe({ step: name }, ms / 1000)
  return {
    received(record: Pick<InboundRecord, 'channel' | 'verdict' | 'extraction'>, ms: number): void {
      const { channel, verdict, extraction } = record
      messages.inc({ channel, verdict: verdict.level, extraction: extraction.kind })
      receive.observe({ channel }, ms / 1000)
    },
    /** @param step `queue` (for a reader), `parse`, `extract`, `judge` (with DNS), `save` (until it is on disk) */
    step,
    /** @param ms from handing a message to a reader to having its answer */
    read(timings: ReadTimings | undefined, ms: number): void {
      if (!timings) return
      const { parseMs, extractMs, judgeMs } = timings
      step('queue', Math.max(0, ms - parseMs - extractMs - judgeMs))
      step('parse', parseMs)
      step('extract', extractMs)
      step('judge', judgeMs)
      for (const { type, result, ms: took } of timings.dns ?? []) dns.observe({ type, result }, took / 1000)
    },
    /** @param utility a known id, or `other`: never what a message says */
    extracted: (utility: string, result: string): void => extractions.inc({ utility, result }),
    /** @param why few fixed words, e.g. `unknown`, `retired`, `rate` */
    recipientRefused: (why: string): void => refusals.inc({ why }),
    messageRefused: (door: string, why: string): void => messageRefusals.inc({ door, why }),
  }
}

function codeMetrics({ counter, histogram }: Make) {
  const claims = counter('codes_claimed_total', 'Codes handed to runners.', ['verdict'])
  const waits = histogram('code_wait_seconds', 'How long a runner waited for its code.', [], SLOW)
  const arrivals = histogram('arrival_to_claim_seconds', 'From arrival of a code to its runner.', [], WIDE)
  const wakes = histogram('wake_to_reply_seconds', 'From the hint to the answer of a long poll.', [], QUICK)
  return {
    /** @param since what is known of the way to it: ms since the code arrived, and since the waiter was woken */
    codeClaimed(
      verdict: string,
      waitedMs: number,
      since: { arrivalMs?: number; wakeMs?: number } = {},
    ): void {
      claims.inc({ verdict })
      waits.observe(waitedMs / 1000)
      if (since.arrivalMs !== undefined) arrivals.observe(Math.max(0, since.arrivalMs) / 1000)
      if (since.wakeMs !== undefined) wakes.observe(since.wakeMs / 1000)
    },
  }
}

function outgoingMetrics({ counter, histogram }: Make) {
  const deliveries = counter('deliveries_total', 'Copies by how sending ended.', ['courier', 'result'])
  const deliverySeconds = histogram('delivery_seconds', 'One try to send a copy.', ['courier'], SLOW)
  return {
    /** @param result `sent`, `temporary`, `permanent`, `expired` */
    delivered(courier: string, result: string, ms: number): void {
      deliveries.inc({ courier, result })
      deliverySeconds.observe({ courier }, ms / 1000)
    },
  }
}

function httpMetrics({ counter, histogram }: Make) {
  const requests = counter('http_requests_total', 'HTTP requests.', ['method', 'route', 'status'])
  const requestSeconds = histogram('http_request_seconds', 'HTTP requests, no long polls.', ['route'], QUICK)
  const refused = counter('http_connections_refused_total', 'HTTP connections beyond the limit.', ['how'])
  for (const how of ['answered', 'dropped']) refused.inc({ how }, 0)
  return {
    requestServed(method: string, route: string, status: number, ms: number): void {
      requests.inc({ method, route, status })
      if (!LONG_POLL.test(route)) requestSeconds.observe({ route }, ms / 1000)
    },
    /** @param how `answered` with 503, or `dropped` without a word */
    connectionRefused: (how: 'answered' | 'dropped'): void => refused.inc({ how }),
  }
}

function gauges(registry: Registry) {
  const registers = [registry]
  return {
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
    /** Values that differ in one label, read when they are asked for. */
    watchEach(
      { name, help, label }: { name: string; help: string; label: string },
      read: () => Readonly<Record<string, number>> | Promise<Readonly<Record<string, number>>>,
    ): void {
      new Gauge({
        name: `mfa_relay_${name}`,
        help,
        labelNames: [label],
        registers,
        async collect() {
          for (const [value, number] of Object.entries(await read())) this.set({ [label]: value }, number)
        },
      })
    },
  }
}
