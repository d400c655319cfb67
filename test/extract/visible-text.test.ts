import { describe, expect, test } from 'vitest'
import { fold, normalise } from '../../src/extract/visible-text/characters.ts'
import { readHtml } from '../../src/extract/visible-text/html.ts'
import { lookAt } from '../../src/extract/visible-text/page.ts'
import { readPlain } from '../../src/extract/visible-text/plain.ts'

describe('visible text of HTML', () => {
  test.each([
    ['blocks are lines', '<p>a</p><div>b</div>c<br>d', 'a\nb\nc\nd'],
    [
      'cells are parted by tabs',
      '<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>',
      'a\tb\nc',
    ],
    ['white space collapses', ' a \n\n  b&nbsp;c ', 'a b c'],
    ['inline elements run together', '<b>48</b><i>29</i>', '4829'],
    [
      'style, script, title and comments are not text',
      '<title>t</title><style>x{}</style><script>y</script><!-- z -->a',
      'a',
    ],
    [
      'conditional comments are comments',
      '<!--[if mso]>x<![endif]-->a<!--[if !mso]><!-->b<!--<![endif]-->',
      'ab',
    ],
    ['pre keeps its lines', '<pre>a\n b</pre>', 'a\nb'],
    [
      'a stray close tag closes nothing outside its cell',
      '<div style="display:none"><table><tr><td></div>x</td></tr></table></div>y',
      'y',
    ],
    ['a paragraph ends the one before', '<p style="display:none">a<p>b', 'b'],
    [
      'a visible child of invisible text',
      '<p style="visibility:hidden">a<b style="visibility:visible">b</b></p>',
      'b',
    ],
    [
      'a child with a size of its own in text of no size',
      '<p style="font-size:0">a<b style="font-size:12px">b</b></p>',
      'b',
    ],
    ['a lone angle bracket', 'a < b <# c', 'a < b <# c'],
    ['entities', 'caf&eacute; &#x41;&#66; &amp;lt; &copy', 'café AB &lt; ©'],
  ])('%s', (_, html, text) => expect(readHtml(html).text).toBe(text))

  test('links are kept apart from the text', () => {
    expect(readHtml('<a href="https://u.example/1">Sign <b>in</b></a>').links).toEqual([
      { href: 'https://u.example/1', text: 'Sign in' },
    ])
  })
  test('looks are known for every character', () => {
    const page = readHtml('<p>code <b style="font-size:24px;letter-spacing:4px">482913</b></p>')
    expect(lookAt(page, 0)).toMatchObject({ size: 16, bold: false })
    expect(lookAt(page, 5)).toMatchObject({ size: 24, bold: true, spaced: true })
    expect(page.bodySize).toBe(24)
  })
  test('two megabytes and no more are read, a hundred thousand characters of it', () => {
    expect(readHtml(`<p>${'x '.repeat(200_000)}</p>`).text.length).toBeLessThanOrEqual(500_000)
    expect(readHtml(`<!--${' '.repeat(2_200_000)}-->x`).text).toBe('')
  })
})

describe('plain text', () => {
  test('lines broken for width are joined, others are not', () => {
    const long = 'You asked us for a code that lets you sign in to your account, and your'
    expect(readPlain(`${long}\ncode is 482913.\n\nBye\nAna`).text).toBe(`${long} code is 482913.\nBye\nAna`)
  })
  test('quote marks become depth', () => {
    expect(readPlain('a\n> b\n>> c').lines.map(({ quote }) => quote)).toEqual([0, 1, 2])
  })
  test('HTML in disguise is read as HTML', () => {
    expect(readPlain('<html><body><p>Code <b>48</b>2913</p></body></html>').text).toBe('Code 482913')
  })
})

describe('characters', () => {
  test.each([
    ['４８２９１３', '482913'],
    ['٤٨٢٩١٣', '482913'],
    ['۴۸۲۹۱۳', '482913'],
    ['𝟒𝟖𝟐𝟗𝟏𝟑', '482913'],
    ['4\u200b8\u00ad2\u20609', '4829'],
    ['482\u2011913', '482-913'],
    ['a\u2014b', 'a - b'],
  ])('%s', (text, plain) => expect(normalise(text)).toBe(plain))
  test('folding keeps every offset', () => {
    for (const text of ['Código Nº 5', 'ÀÉÎÕÜ ç ß İ', '“quote” ’s'])
      expect(fold(text)).toHaveLength(text.length)
    expect(fold('CÓDIGO d’accès')).toBe("codigo d'acces")
  })
})
