/** Named entities that mail uses; the rest stay as written, which only costs an odd character in a label. */
const NAMED: Readonly<Record<string, string>> = {
  ...{
    amp: '&',
    lt: '<',
    gt: '>',
    quot: '"',
    apos: "'",
    nbsp: ' ',
    num: '#',
    colon: ':',
    period: '.',
    comma: ',',
  },
  ...{
    hyphen: '-',
    dash: '-',
    ndash: '–',
    mdash: '—',
    horbar: '—',
    minus: '−',
    hellip: '…',
    bull: '•',
    middot: '·',
  },
  ...{ lsquo: '‘', rsquo: '’', sbquo: '‚', ldquo: '“', rdquo: '”', bdquo: '„', laquo: '«', raquo: '»' },
  ...{
    lsaquo: '‹',
    rsaquo: '›',
    copy: '©',
    reg: '®',
    trade: '™',
    sect: '§',
    para: '¶',
    deg: '°',
    times: '×',
  },
  ...{
    cent: '¢',
    pound: '£',
    yen: '¥',
    euro: '€',
    dollar: '$',
    percnt: '%',
    commat: '@',
    sol: '/',
    ast: '*',
  },
  ...{
    iexcl: '¡',
    iquest: '¿',
    ordf: 'ª',
    ordm: 'º',
    sup1: '¹',
    sup2: '²',
    sup3: '³',
    frac12: '½',
    excl: '!',
  },
  ...{ shy: '', zwnj: '', zwj: '', lrm: '', rlm: '', zerowidthspace: '', nobreak: '', wj: '' },
  ...{
    ensp: ' ',
    emsp: ' ',
    thinsp: ' ',
    hairsp: ' ',
    numsp: ' ',
    puncsp: ' ',
    emsp13: ' ',
    emsp14: ' ',
    tab: '\t',
  },
  ...{
    newline: '\n',
    lpar: '(',
    rpar: ')',
    lsqb: '[',
    rsqb: ']',
    lbrack: '[',
    rbrack: ']',
    semi: ';',
    equals: '=',
  },
  ...{
    rarr: '→',
    larr: '←',
    uarr: '↑',
    darr: '↓',
    check: '✓',
    ensuremath: '',
    aelig: 'æ',
    oelig: 'œ',
    szlig: 'ß',
    oslash: 'ø',
    thorn: 'þ',
  },
}
const ACCENTS: Readonly<Record<string, string>> = {
  ...{ grave: '\u0300', acute: '\u0301', circ: '\u0302', tilde: '\u0303', uml: '\u0308', ring: '\u030a' },
  ...{ cedil: '\u0327', caron: '\u030c' },
}
const ENTITY = /&(#x[0-9a-f]{1,6}|#[0-9]{1,7}|[a-z][a-z0-9]{1,24})(;?)/gi
/** These were legal without a semicolon, and old mailers still leave it out. */
const BARE = /^(?:amp|lt|gt|quot|nbsp|copy|reg|shy|[aeiounc](?:grave|acute|circ|tilde|uml|cedil))$/i

/** `&#52;`, `&nbsp;`, `&eacute;` as the characters they stand for. */
export const decodeEntities = (text: string): string =>
  text.includes('&') ? text.replace(ENTITY, decodeEntity) : text

function decodeEntity(whole: string, name: string, semicolon: string): string {
  if (name[0] === '#') {
    const code =
      name[1] === 'x' || name[1] === 'X' ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1))
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : ''
  }
  if (!semicolon && !BARE.test(name)) return whole
  const named = NAMED[name] ?? NAMED[name.toLowerCase()]
  if (named !== undefined) return named
  const accent = ACCENTS[name.slice(1).toLowerCase()]
  return accent ? (name[0]! + accent).normalize('NFC') : whole
}
