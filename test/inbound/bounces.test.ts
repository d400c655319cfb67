import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hardRun, judgeFailure, judgeReports } from '../../src/domain/bounce.ts'
import { readReports } from '../../src/inbound/bounces.ts'
import { parseMime } from '../../src/inbound/parse-mime.ts'
import { BOUNCE_SAMPLES } from './bounce-samples.ts'

const PAT = 'pat@customer.test'
const read = async (mime: string) => readReports(await parseMime(new TextEncoder().encode(mime)))

describe('answers of mail systems', () => {
  it.each(BOUNCE_SAMPLES.map((sample) => [sample.name, sample] as const))('%s', async (_, sample) => {
    const reports = await read(sample.mime(PAT))
    if (sample.expect === null) expect(reports).toEqual([])
    else expect(reports).toMatchObject([{ ...sample.expect, recipients: expect.arrayContaining([PAT]) }])
    expect(judgeReports(reports, PAT)?.kind ?? null).toBe(sample.means)
    for (const { text } of reports) expect(text).not.toMatch(/[\r\n]|918273/)
  })

  it('of several recipients count for the one that the copy went to', async () => {
    const [sample] = BOUNCE_SAMPLES
    const mime = sample!
      .mime('someone@else.test')
      .replace(
        '\r\n\r\nFinal-Recipient',
        `\r\n\r\nFinal-Recipient: rfc822; PAT@Customer.test\r\nAction: failed\r\nStatus: 5.2.2\r\n\r\nFinal-Recipient`,
      )
    const reports = await read(mime)
    expect(reports).toHaveLength(2)
    expect(judgeReports(reports, PAT)).toMatchObject({ kind: 'soft', status: '5.2.2' })
  })

  it('about another mailbox, as when a customer forwards their mail onwards, do not stop ours at once', async () => {
    const reports = await read(BOUNCE_SAMPLES[0]!.mime('old@elsewhere.test'))
    expect(judgeReports(reports, PAT)).toMatchObject({ kind: 'hard', stopsAfter: 2 })
    expect(judgeReports(reports, 'old+codes@elsewhere.test')).toMatchObject({ kind: 'hard', stopsAfter: 1 })
  })

  it('that are guessed from sentences never stop anybody at once', async () => {
    const guessed = BOUNCE_SAMPLES.filter((sample) => sample.expect && !sample.expect.isStructured)
    for (const { mime } of guessed) {
      const bounce = judgeReports(await read(mime(PAT)), PAT)
      expect(bounce?.stopsAfter ?? null).not.toBe(1)
    }
  })

  it.each([
    ['5.1.1', 'hard', 1],
    ['5.1.10', 'hard', 1],
    ['5.1.2', 'hard', 2],
    ['5.2.1', 'hard', 2],
    ['5.4.1', 'hard', 2],
    ['5.7.1', 'hard', 5],
    ['5.7.26', 'hard', 5],
    ['5.1.8', 'soft', null],
    ['5.2.2', 'soft', null],
    ['5.3.4', 'soft', null],
    ['5.6.0', 'soft', null],
    ['4.4.1', 'soft', null],
    [null, 'soft', null],
  ] as const)('status %s is %s and stops after %s', (status, kind, stopsAfter) => {
    expect(judgeFailure(status, 'x', true)).toMatchObject({ kind, stopsAfter })
  })

  it('are read whatever they say', async () => {
    const field = fc.constantFrom(
      'Action: failed',
      'Status: 5',
      'Final-Recipient:',
      ':',
      ' x',
      '',
      'Status: 5.1.1',
    )
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(field, fc.string()), { maxLength: 30 }), async (status) => {
        const mime = BOUNCE_SAMPLES[0]!.mime(PAT).replace(/Reporting-MTA[\s\S]*table/, status.join('\r\n'))
        const reports = await read(mime)
        expect(reports.length).toBeLessThanOrEqual(20)
        for (const { text } of reports) expect(text.length).toBeLessThanOrEqual(200)
      }),
      { numRuns: 200 },
    )
  })

  it('that are enormous are read in time that grows with their size alone', async () => {
    const huge = `${'Final-Recipient: rfc822; a@b\r\nAction: failed\r\nStatus: 5.0.0\r\nDiagnostic-Code: '}${'5.'.repeat(200_000)}\r\n\r\n`
    const mime = BOUNCE_SAMPLES[0]!.mime(PAT).replace(/Reporting-MTA[\s\S]*table/, huge.repeat(4))
    expect((await read(mime)).length).toBeGreaterThan(0)
  })
})

it('counts how many in a row came back', () => {
  expect(hardRun([true, true, false, true], 1)).toBe(2)
  expect(hardRun([true, true, true], 1)).toBe(3)
  expect(hardRun([true, false, true], 1)).toBe(0)
})
