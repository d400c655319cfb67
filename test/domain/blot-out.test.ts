import { describe, expect, it } from 'vitest'
import { blotOut } from '../../src/domain/blot-out.ts'

describe('what a mail system says back', () => {
  const cases: [string, string, (string | null)[], string][] = [
    ['a code', '550 5.7.1 your code is 482913, no', ['482913'], '550 5.7.1 your code is ••••, no'],
    ['a grouped code', 'code 482 913 and 482-913', ['482913'], 'code •••• and ••••'],
    ['letters in another case', 'CODE ABX7QK', ['abx7qk'], 'CODE ••••'],
    [
      'a subject, before the code in it',
      'Subject: Code 482913 now',
      ['482913', 'Code 482913 now'],
      'Subject: ••••',
    ],
    ['a subject with signs in it', 'Re: a+b (c) [d]?!', ['a+b (c) [d]?'], 'Re: ••••!'],
    ['what a cut left of a code', 'your code is 4829…', ['482913'], 'your code is ••••'],
    ['a link', 'see https://r.test/r/stop/abc-0-ff00 ok', [], 'see https://r.test/r/stop/•••• ok'],
    ['nothing where nothing is', '451 4.3.0 try later', ['482913', null, ''], '451 4.3.0 try later'],
    ['nothing for what is too short to be secret', 'a 12 b', ['12'], 'a 12 b'],
  ]
  for (const [what, text, secrets, clean] of cases) {
    it(`loses ${what}`, () => expect(blotOut(text, secrets)).toBe(clean))
  }
})
