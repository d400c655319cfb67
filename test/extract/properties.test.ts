import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ReadableMessage } from '../../src/domain/message.ts'
import { extract } from '../../src/extract/read.ts'
import { corpus, mail, message, readFixture } from './support.ts'
import { POSITIVE } from './tables/positive.ts'

const codeIn = (given: ReadableMessage): string | null => {
  const extraction = extract(given, null)
  return extraction.kind === 'code' ? extraction.code : null
}
const digits = (length: number) => fc.stringMatching(new RegExp(`^[1-9][0-9]{${length - 1}}$`))
const template = <T>(arbitrary: fc.Arbitrary<T>, make: (value: T) => string) => arbitrary.map(make)

/** Lines that portals and forwarders put around a code. None is one. */
const NOISE = fc.oneof(
  template(digits(6), (n) => `Account number: ${n}`),
  template(digits(8), (n) => `Customer no. ${n}`),
  template(digits(7), (n) => `Numéro de compte : ${n}`),
  template(digits(7), (n) => `Número de cuenta: ${n}`),
  template(digits(6), (n) => `Case ${n} was opened for you.`),
  template(digits(6), (n) => `Invoice #${n}`),
  template(digits(4), (n) => `Call us at 800-555-${n}.`),
  template(digits(4), (n) => `(704) 555-${n}`),
  template(digits(3), (n) => `Amount due: $${n}.40`),
  template(digits(4), (n) => `Balance ${n},10 $`),
  template(fc.integer({ min: 1, max: 28 }), (n) => `Sent on March ${n}, 2026`),
  template(fc.integer({ min: 10, max: 28 }), (n) => `2026-03-${n} 10:22:14`),
  template(digits(6), (n) => `https://portal.example.com/v/${n}?code=${n}`),
  template(digits(6), (n) => `ref${n}@bounce.example.com`),
  template(digits(5), (n) => `Reno, NV ${n}`),
  template(digits(4), (n) => `${n} Main Street`),
  template(digits(4), (n) => `Card ending in ${n}`),
  template(digits(4), (n) => `© 2026 Utility Company, PO Box ${n}`),
  template(digits(5), (n) => `Reply STOP to ${n} to opt out.`),
  template(digits(4), (n) => `You used ${n} kWh last month.`),
)

/** Header blocks and marks of mail clients, around a body. */
const FORWARDS: readonly ((body: string, subject: string) => string)[] = [
  (body, subject) =>
    `fyi\n\n---------- Forwarded message ---------\nFrom: Utility <no-reply@utility.example>\nDate: Tue, Mar 3, 2026 at 10:22 AM\nSubject: ${subject}\nTo: <ana@example.com>\n\n\n${body}`,
  (body, subject) =>
    `Ana Park\nOffice 704-555-0142 | Suite 4410\n\n________________________________\nFrom: Utility <no-reply@utility.example>\nSent: Tuesday, March 3, 2026 10:22 AM\nTo: Ana Park <ana@example.com>\nSubject: ${subject}\n\n${body}`,
  (body, subject) =>
    `Envoyé de mon iPhone\n\nDébut du message transféré :\n\n${quoted(`De: Utility <no-reply@utility.example>\nDate: 3 mars 2026 à 10:22:14 UTC-5\nÀ: ana@example.com\nObjet: ${subject}\n\n${body}`)}`,
  (body, subject) =>
    `-----Mensaje original-----\nDe: Utility <no-reply@utility.example>\nEnviado el: martes, 3 de marzo de 2026 10:22\nPara: ana@example.com\nAsunto: ${subject}\n\n${body}`,
  (body, subject) =>
    `Begin forwarded message:\n\n${quoted(`From: Utility <no-reply@utility.example>\nSubject: ${subject}\nDate: March 3, 2026 at 10:22:14 AM EST\nTo: ana@example.com\n\n${body}`)}\n\nAna Park\n704-555-0142`,
  (body, subject) =>
    `-------- Weitergeleitete Nachricht --------\nBetreff: ${subject}\nDatum: Tue, 3 Mar 2026 10:22:14 -0500\nVon: Utility <no-reply@utility.example>\nAn: ana@example.com\n\n${body}`,
]
const quoted = (text: string): string => text.replace(/^/gm, '> ')
const positives = fc.constantFrom(...POSITIVE)

describe('what stands around a code', () => {
  test('a line of noise never makes it a wrong one', () => {
    fc.assert(
      fc.property(positives, NOISE, fc.boolean(), ([text, code], noise, before) => {
        const read = codeIn(mail(before ? `${noise}\n\n${text}` : `${text}\n\n${noise}`))
        expect([code, null]).toContain(read)
      }),
      { numRuns: 1500 },
    )
  })

  test('noise in a real mail neither', async () => {
    const fixtures = corpus('develop').filter(({ expected }) => expected.kind === 'code')
    const read = await Promise.all(
      fixtures.map(async ({ path, expected }) => ({
        message: await readFixture(path),
        code: expected.code!,
      })),
    )
    fc.assert(
      fc.property(
        fc.constantFrom(...read),
        NOISE,
        fc.boolean(),
        ({ message: given, code }, noise, before) => {
          const around = (text: string, open: string, close: string) =>
            before ? `${open}${noise}${close}${text}` : `${text}${open}${noise}${close}`
          const html = given.html && around(given.html, '<p>', '</p>')
          const text = given.text && around(given.text, '\n\n', '\n\n')
          expect([code, null]).toContain(codeIn({ ...given, html, text }))
        },
      ),
      { numRuns: 1500 },
    )
  })

  test('forwarding by hand neither, in any client', () => {
    fc.assert(
      fc.property(positives, fc.constantFrom(...FORWARDS), ([text, code], forward) => {
        const read = codeIn(mail(forward(text, 'Your account'), 'Fwd: Your account'))
        expect([code, null]).toContain(read)
      }),
      { numRuns: 800 },
    )
  })

  test('an answer that quotes it gives none', () => {
    fc.assert(
      fc.property(positives, ([text]) => {
        const intro = 'On Tue, Mar 3, 2026 at 10:22 AM Utility <no-reply@utility.example> wrote:'
        expect(
          codeIn(mail(`Thanks, that worked.\n\n${intro}\n${quoted(text)}`, 'Re: Your account')),
        ).toBeNull()
      }),
      { numRuns: 200 },
    )
  })

  test('nothing makes the reader throw', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 400 }),
        fc.string({ maxLength: 60 }),
        (body, subject) => {
          for (const given of [message({ html: body, subject }), message({ text: body, subject })])
            extract(given, null)
        },
      ),
      { numRuns: 1000 },
    )
  })
})

describe('what was read before', () => {
  test('changes nothing of what a message says', () => {
    const readBehind = (before: string) =>
      POSITIVE.map(([text]) => {
        extract(mail(before), null)
        return extract(
          mail(`Hello, this is us again. Somebody wants to sign in, which may be you. ${text}`),
          null,
        )
      })
    const long = 'which you asked for on the page of our portal a moment ago, and which nobody else may know'
    expect(readBehind(`482913 is the code ${long}. Thank you`)).toEqual(readBehind('Nothing of interest'))
  })
})
