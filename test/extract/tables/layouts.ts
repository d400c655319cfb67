const CELL = 'style="border:1px solid #ccc;padding:8px;font-size:28px"'
const digits = (code: string, open: string, close: string, between = ''): string =>
  [...code].map((digit) => `${open}${digit}${close}`).join(between)

/** How mail sets a code on the page, and what surrounds it there; null: no code can be seen. */
export const LAYOUTS: readonly (readonly [name: string, html: string, code: string | null])[] = [
  [
    'a digit a cell',
    `<p>Your verification code</p><table><tr>${digits('482913', `<td ${CELL}>`, '</td>')}</tr></table>`,
    '482913',
  ],
  [
    'a digit a cell, white space between',
    `<p>Your code is</p><table><tr>\n${digits('482913', '<td>\n', '\n</td>', '\n')}</tr></table>`,
    '482913',
  ],
  [
    'a digit a paragraph in a cell',
    `<p>Login code:</p><table><tr>${digits('482913', '<td><p>', '</p></td>')}</tr></table>`,
    '482913',
  ],
  [
    'a digit a table',
    `<p>Login code:</p>${digits('482913', '<table align="left"><tr><td>', '</td></tr></table>')}`,
    '482913',
  ],
  [
    'a digit a floated block',
    `<p>Login code:</p>${digits('482913', '<div style="float:left">', '</div>')}<p>Bye</p>`,
    '482913',
  ],
  [
    'a digit a flex item',
    `<p>Login code:</p><div style="display:flex">${digits('482913', '<div class="d">', '</div>')}</div>`,
    '482913',
  ],
  ['a digit a list item', `<p>Security code</p><ul>${digits('482913', '<li>', '</li>')}</ul>`, '482913'],
  [
    'a digit an inline block',
    `<p>Code:</p>${digits('482913', '<span style="display:inline-block;width:30px">', '</span>', ' ')}`,
    '482913',
  ],
  ['a digit a bold', `<p>Your code: ${digits('482913', '<b>', '</b>')}</p>`, '482913'],
  [
    'a digit an input',
    `<p>Your code:</p>${digits('482913', '<input type="text" readonly value="', '">')}`,
    '482913',
  ],
  [
    'a letter or digit a cell',
    `<p>Your sign-in code</p><table><tr>${digits('K7M2Q9', '<td>', '</td>')}</tr></table>`,
    'K7M2Q9',
  ],
  [
    'two cells of three',
    '<p>Verification code</p><table><tr><td>482</td><td>913</td></tr></table>',
    '482913',
  ],
  [
    'three cells of two',
    '<p>Verification code</p><table><tr><td>48</td><td>29</td><td>13</td></tr></table>',
    '482913',
  ],
  [
    'three digits a line',
    '<p>Verification code:</p><div style="font-size:40px">482<br>913</div><p>Thanks</p>',
    '482913',
  ],
  ['halves in spans', '<p>Verification code: <span>482</span>&nbsp;<span>913</span></p>', '482913'],
  ['halves, a thin space', '<p>Verification code: 482&thinsp;913</p>', '482913'],
  ['halves, a bullet', '<p>Verification code: 482&middot;913</p>', '482913'],
  ['soft hyphens', '<p>Verification code: 4&shy;8&shy;2&shy;9&shy;1&shy;3</p>', '482913'],
  ['zero-width joiners', '<p>Verification code: 48&#8203;29&#x200d;13</p>', '482913'],
  ['word breaks', '<p>Verification code: 48<wbr>29<wbr>13</p>', '482913'],
  ['a comment inside', '<p>Verification code: 48<!-- 77 -->29<!--55-->13</p>', '482913'],
  [
    'hidden digits inside',
    '<p>Verification code: 48<span style="display:none">77</span>29<i hidden>5</i>13</p>',
    '482913',
  ],
  ['fullwidth digits', '<p>Verification code: ４８２９１３</p>', '482913'],
  ['mathematical digits', '<p>Verification code: 𝟒𝟖𝟐𝟗𝟏𝟑</p>', '482913'],
  ['keycap emoji', '<p>Verification code: 4️⃣8️⃣2️⃣9️⃣1️⃣3️⃣</p>', '482913'],
  ['entities', '<p>Verification code: &#52;&#56;&#x32;&#57;&#49;&#x33;</p>', '482913'],
  [
    'upper case by style',
    '<p>Verification code: <b style="text-transform:uppercase">k7m2q9</b></p>',
    'K7M2Q9',
  ],
  [
    'letter spacing',
    '<p>Enter this:</p><p style="letter-spacing:6px;font-size:30px">482913</p><p>to sign in.</p>',
    '482913',
  ],
  ['preformatted', '<pre>Verification code\n\n    482913\n\nAccount 5510281</pre>', '482913'],
  ['definition list', '<dl><dt>Account<dd>5510281<dt>Code<dd>482913<dt>Time<dd>10:22</dl>', '482913'],
  [
    'label and value rows',
    '<table><tr><th>Account</th><td>5510281</td></tr><tr><th>One-time code</th><td>482913</td></tr></table>',
    '482913',
  ],
  [
    'a head row',
    '<table><tr><th>Account</th><th>Code</th><th>Expires</th></tr><tr><td>5510281</td><td>482913</td><td>10:22</td></tr></table>',
    '482913',
  ],
  [
    'a head row, code first',
    '<table><tr><td>Verification code</td><td>Reference</td></tr><tr><td>482913</td><td>771204</td></tr></table>',
    '482913',
  ],
  [
    'label and value in blocks',
    '<table><tr><td><div>Verification</div><div>code</div></td><td><div>482913</div></td></tr></table>',
    '482913',
  ],
  [
    'a button',
    '<p>Your one-time code</p><a href="#" style="background:#06c;color:#fff;padding:12px">482913</a>',
    '482913',
  ],
  ['made a phone link', '<p>Your one-time code is <a href="tel:482913">482913</a></p>', '482913'],
  [
    'SVG text',
    '<p>Your one-time code</p><svg width="200"><title>771204</title><text x="0" y="20">482913</text></svg>',
    '482913',
  ],
  [
    'far below its label',
    '<h1>Your verification code</h1><p>Hello Ana,</p><p>Somebody asked us for it.</p><p>We hope that was you.</p><p>Please read on.</p><div style="font-size:32px">482913</div><p>Tower Utilities, 4410 Main Street, Reno, NV 89501</p>',
    '482913',
  ],
  ['above its label', '<div style="font-size:32px">482913</div><p>is your verification code</p>', '482913'],
  [
    'above its label, two lines',
    '<div style="font-size:32px">482913</div><div>Your verification code</div>',
    '482913',
  ],
  [
    'white on a dark box',
    '<p>Your code</p><table bgcolor="#003366"><tr><td style="color:#ffffff">482913</td></tr></table>',
    '482913',
  ],
  [
    'white on an image',
    '<p>Your code</p><table background="x.png"><tr><td style="color:#ffffff">482913</td></tr></table>',
    '482913',
  ],
  [
    'white on a class',
    '<style>.box td{background:#036}</style><p>Your code</p><table class="box"><tr><td style="color:#fff">482913</td></tr></table>',
    '482913',
  ],
  [
    'hidden on phones only',
    '<style>@media (max-width:600px){.d{display:none}}</style><p>Your code: <span class="d">482913</span></p>',
    '482913',
  ],
  [
    'shown to Outlook and to others',
    '<p>Your code</p><!--[if mso]><b>482913</b><![endif]--><!--[if !mso]><!--><b>482913</b><!--<![endif]-->',
    '482913',
  ],
  ['unclosed everything', '<p>Your code<p><b>482913<p>Thank you<td>Account 5510281', '482913'],
  ['upper-case tags', '<TABLE><TR><TD>LOGIN CODE<TD><FONT SIZE=6>482913</TABLE>', '482913'],
  [
    'a decoy in a hidden preheader',
    '<div style="display:none;max-height:0">Your code is 771204</div><p>Your verification code is 482913</p>',
    '482913',
  ],
  [
    'a decoy in white',
    '<p>Your verification code is 482913</p><p style="color:#fff">Your verification code is 771204</p>',
    '482913',
  ],
  [
    'a decoy by class',
    '<style>.ph,.x{display:none!important}</style><span class="ph">Your code is 771204</span><p>Your code is 482913</p>',
    '482913',
  ],
  [
    'a decoy by descendant rule',
    '<style>.wrap .ph{display:none}</style><div class="wrap"><span class="ph">Your code is 771204</span></div><p>Your code is 482913</p>',
    '482913',
  ],
  [
    'a decoy of no size',
    '<p style="font-size:0">Your code is 771204</p><p>Your code is 482913</p>',
    '482913',
  ],
  [
    'a decoy one pixel high',
    '<div style="height:1px;overflow:hidden">Your code is 771204</div><p>Your code is 482913</p>',
    '482913',
  ],
  [
    'a decoy outside',
    '<div style="position:absolute;left:-9999px">Your code is 771204</div><p>Your code is 482913</p>',
    '482913',
  ],
  [
    'a decoy unseen',
    '<div style="opacity:0">Code 771204</div><div style="visibility:hidden">Code 771205</div><p>Your code is 482913</p>',
    '482913',
  ],
  [
    'a decoy scaled away',
    '<div style="transform:scale(0)">Code 771204</div><p>Your code is 482913</p>',
    '482913',
  ],
  [
    'a decoy in alt and title',
    '<img alt="code 771204" title="code 771204"><p>Your code is 482913</p>',
    '482913',
  ],
  [
    'a decoy in a script',
    '<script>var code="Your code is 771204"</script><p>Your code is 482913</p>',
    '482913',
  ],
  ['a decoy in a select', '<select><option>Code 771204</select><p>Your code is 482913</p>', '482913'],
  ['a decoy struck out', '<p>Your code is <s>771204</s> 482913</p>', '482913'],
  ['a footnote mark', '<p>Your code is 482913<sup>1</sup></p><p><sup>1</sup> valid 10 minutes</p>', '482913'],
  [
    'nested tables',
    `${'<table><tr><td>'.repeat(12)}Your code<br><b>482913</b>${'</td></tr></table>'.repeat(12)}`,
    '482913',
  ],
  [
    'numbers everywhere',
    '<p>Account 5510281 | Meter 8812043</p><p>Your sign-in code is <b>482913</b></p><p>Balance $184.22, due 03/22/2026. Call 1-800-555-0199. PO Box 4410, Reno NV 89501. ©2026</p>',
    '482913',
  ],
  ['only an image', '<p>Your verification code:</p><img src="code.png" alt="482913">', null],
  [
    'only hidden',
    '<div style="display:none">Your code is 482913</div><p>Please sign in to see your bill.</p>',
    null,
  ],
  ['a placeholder', '<p>Your verification code is {{code}}. Account 5510281.</p>', null],
  [
    'a satisfaction scale',
    '<p>How was your sign-in? Rate us with this survey.</p><table><tr><td>1</td><td>2</td><td>3</td><td>4</td><td>5</td></tr></table>',
    null,
  ],
  [
    'a bill table',
    '<p>Sign in to pay.</p><table><tr><th>Account</th><th>Invoice</th><th>Due</th></tr><tr><td>5510281</td><td>771204</td><td>03/22</td></tr></table>',
    null,
  ],
  [
    'usage by month',
    '<p>Your usage</p><table><tr><td>Jan</td><td>1204</td></tr><tr><td>Feb</td><td>1188</td></tr><tr><td>Mar</td><td>1340</td></tr></table>',
    null,
  ],
  [
    'big number in a newsletter',
    '<h1>Thank you!</h1><div style="font-size:48px">500000</div><p>customers trust us.</p><p>Sign in to see how.</p>',
    null,
  ],
  [
    'two codes side by side',
    '<p>Your verification codes</p><table><tr><td>482913</td><td>771204</td></tr></table>',
    null,
  ],
  [
    'backup codes',
    `<p>Your backup codes</p><ul>${['48291377', '77120441', '55102819', '90211830'].map((c) => `<li>${c}</li>`).join('')}</ul>`,
    null,
  ],
]
