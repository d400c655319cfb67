import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fold } from '../../../src/collection/documents/reader/fold.ts'
import { quantityShape, unitIn } from '../../../src/collection/documents/reader/quantities.ts'
import {
  dateShape,
  moneyShape,
  numberShape,
  yearNear,
} from '../../../src/collection/documents/reader/values.ts'
import { enNumber, frenchDate, frNumber, longDate, usDate, wordDate } from './bills/wording.ts'

describe('folding', () => {
  it('keeps every character one character', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => fold(text).length === text.length))
  })

  it('makes comparable what is written differently', () => {
    expect(fold('N° de COMPTE — l’Électricité, m³\u00a0')).toBe("no de compte - l'electricite, m3 ")
  })
})

describe('dates', () => {
  const day = fc.date({ min: new Date('1995-01-01'), max: new Date('2095-12-31'), noInvalidDate: true })
  const read = (text: string) => dateShape('mdy')(fold(text))?.value

  it('reads what the bills write', () => {
    fc.assert(
      fc.property(day, (date) => {
        const iso = date.toISOString().slice(0, 10)
        for (const write of [usDate, wordDate, longDate, frenchDate, String])
          expect(read(write(iso))).toBe(iso)
      }),
    )
  })

  it.each([
    '02/30/2026',
    '13/13/2026',
    '2026-13-01',
    '1/2/3',
    'Smarch 1, 2026',
    '10/14',
    '555-01-4242',
    'May',
  ])('reads nothing in "%s"', (text) => expect(read(text)).toBeUndefined())

  it('reads ordinals, weekdays and short months', () => {
    expect(read('Tuesday, Sept. 1st, 2026')).toBe('2026-09-01')
    expect(read('1er févr. 2026')).toBe('2026-02-01')
    expect(read('14-Oct-2026')).toBe('2026-10-14')
  })

  it('takes the year that is near, if only one is', () => {
    const near = yearNear('2026-01-04', { before: 100, after: 0 })
    expect([near(12, 27), near(1, 4), near(1, 5), near(8, 1)]).toEqual([2025, 2026, null, null])
    expect(yearNear(null, { before: 100, after: 0 })(12, 27)).toBeNull()
  })
})

describe('numbers and amounts', () => {
  it('reads what the bills write', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 99_999_999 }), (cents) => {
        const value = cents / 100
        expect(moneyShape(fold(`$${enNumber(value, 2)}`))?.value).toBe(value)
        expect(moneyShape(fold(`${frNumber(value, 2)} $`))?.value).toBe(value)
        expect(numberShape('en')(fold(enNumber(cents)))?.value).toBe(cents)
        expect(numberShape('fr')(fold(frNumber(cents)))?.value).toBe(cents)
      }),
    )
  })

  it.each([
    ['$12.34 CR', -12.34],
    ['-$12.34', -12.34],
    ['($12.34', -12.34],
    ['12.34-', -12.34],
    ['CAD 1,012.34', 1012.34],
    ['$0.00', 0],
  ])('%s is %d', (text, value) => expect(moneyShape(fold(text))?.value).toBe(value))

  it.each(['$12', '12.345', '$', 'free', '12.3'])('"%s" is no amount', (text) =>
    expect(moneyShape(fold(text))).toBeNull(),
  )

  it('leaves a number alone that the other language wrote', () => {
    expect(numberShape('fr')('1,234.50')).toBeNull()
  })
})

describe('quantities', () => {
  it.each([
    ['1,234 kWh', 1234, 'kWh'],
    ['812.000000 KWH', 812, 'kWh'],
    ['17 Ccf', 17, 'CCF'],
    ['46.5 Therms', 46.5, 'therms'],
    ['245 m³', 245, 'm3'],
    ['3,000 gallons', 3000, 'gallons'],
    ['56.5 kW', 56.5, 'kW'],
  ])('%s', (text, value, unit) => expect(quantityShape('en')(fold(text))?.value).toEqual({ value, unit }))

  it.each(['12 kWhatever', '12', 'kWh', '12 %'])('"%s" is none', (text) =>
    expect(quantityShape('en')(fold(text))).toBeNull(),
  )

  it('finds the one unit of a heading', () => {
    expect([unitIn('kwh used'), unitIn('usage (m3)'), unitIn('kwh or kw'), unitIn('usage')]).toEqual([
      'kWh',
      'm3',
      null,
      null,
    ])
  })
})
