const SIGNATURE =
  'Ana Park, Facilities\nHarbor Lofts LLC\n1204 Main Street, Suite 4410, Reno, NV 89501\nO 775-555-0142 x 5512 | Ticket 771204'
const BODY = 'Hello,\n\nto sign in please use\n\n482913\n\nIt expires in 10 minutes. Account 5510281.'
const NAMED = 'Your Tower code is 482913. Ref 771204.'

/** Messages forwarded by hand, as clients write them. The code is 482913 in every one. */
export const FORWARDED: readonly (readonly [client: string, subject: string, text: string])[] = [
  [
    'Gmail',
    'Fwd: Tower',
    `${SIGNATURE}\n\n---------- Forwarded message ---------\nFrom: Tower <no-reply@tower.example>\nDate: Tue, Mar 3, 2026 at 10:22 AM\nSubject: Tower\nTo: <ana@example.com>\n\n\n${BODY}`,
  ],
  [
    'Gmail in French',
    'Fwd: Tower',
    `---------- Forwarded message ---------\nDe : Tower <no-reply@tower.example>\nDate: mar. 3 mars 2026, à 10 h 22\nSubject: Tower\nTo: <ana@example.com>\n\n\n${BODY}`,
  ],
  [
    'Gmail in Portuguese',
    'Fwd: Tower',
    `---------- Forwarded message ---------\nDe: Tower <no-reply@tower.example>\nDate: ter., 3 de mar. de 2026 às 10:22\nSubject: Tower\nTo: <ana@example.com>\n\n\n${BODY}`,
  ],
  [
    'Outlook',
    'FW: Tower',
    `See below.\n\n${SIGNATURE}\n\nFrom: Tower <no-reply@tower.example>\nSent: Tuesday, March 3, 2026 10:22 AM\nTo: Ana Park\nCc: Lee\nSubject: Tower\nImportance: High\n\n${BODY}`,
  ],
  [
    'Outlook with bold marks',
    'FW: Tower',
    `*From:* Tower <no-reply@tower.example>\n*Sent:* Tuesday, March 3, 2026 10:22 AM\n*To:* Ana Park\n*Subject:* Tower\n\n${BODY}`,
  ],
  [
    'Outlook in German',
    'WG: Tower',
    `${SIGNATURE}\n\nVon: Tower <no-reply@tower.example>\nGesendet: Dienstag, 3. März 2026 10:22\nAn: Ana Park\nBetreff: Tower\n\n${BODY}`,
  ],
  [
    'Outlook in French',
    'TR: Tower',
    `De : Tower <no-reply@tower.example>\nEnvoyé : mardi 3 mars 2026 10:22\nÀ : Ana Park\nObjet : Tower\n\n${BODY}`,
  ],
  [
    'Outlook in Spanish',
    'RV: Tower',
    `De: Tower <no-reply@tower.example>\nEnviado el: martes, 3 de marzo de 2026 10:22\nPara: Ana Park\nAsunto: Tower\n\n${BODY}`,
  ],
  [
    'Outlook in Italian',
    'I: Tower',
    `Da: Tower <no-reply@tower.example>\nInviato: martedì 3 marzo 2026 10:22\nA: Ana Park\nOggetto: Tower\n\n${BODY}`,
  ],
  [
    'Outlook in Dutch',
    'FW: Tower',
    `Van: Tower <no-reply@tower.example>\nVerzonden: dinsdag 3 maart 2026 10:22\nAan: Ana Park\nOnderwerp: Tower\n\n${BODY}`,
  ],
  [
    'Outlook in Polish',
    'FW: Tower',
    `Od: Tower <no-reply@tower.example>\nWysłano: wtorek, 3 marca 2026 10:22\nDo: Ana Park\nTemat: Tower\n\n${BODY}`,
  ],
  [
    'Outlook for Mac',
    'Fwd: Tower',
    `${SIGNATURE}\n\nOn 3/3/26, 10:22 AM, "Tower" <no-reply@tower.example> wrote:\n\n${BODY}`,
  ],
  [
    'Outlook on a phone',
    'Fw: Tower',
    `Get Outlook for iOS\n________________________________\nFrom: Tower <no-reply@tower.example>\nSent: Tuesday, March 3, 2026 10:22:14 AM\nTo: Ana Park <ana@example.com>\nSubject: Tower\n\n${BODY}`,
  ],
  [
    'Apple Mail',
    'Fwd: Tower',
    `> Begin forwarded message:\n> \n> From: Tower <no-reply@tower.example>\n> Subject: Tower\n> Date: March 3, 2026 at 10:22:14 AM PST\n> To: ana@example.com\n> \n${BODY.replace(/^/gm, '> ')}`,
  ],
  [
    'iPhone',
    'Fwd: Tower',
    `\n\nSent from my iPhone\n\nBegin forwarded message:\n\n${`From: Tower <no-reply@tower.example>\nDate: March 3, 2026 at 10:22:14 AM PST\nTo: ana@example.com\nSubject: Tower\n\n${BODY}`.replace(/^/gm, '> ')}`,
  ],
  [
    'Thunderbird',
    'Fwd: Tower',
    `-------- Forwarded Message --------\nSubject: \tTower\nDate: \tTue, 3 Mar 2026 10:22:14 -0800\nFrom: \tTower <no-reply@tower.example>\nReply-To: \tno-reply@tower.example\nTo: \tana@example.com\n\n\n${BODY}`,
  ],
  [
    'Yahoo',
    'Fw: Tower',
    `${SIGNATURE}\n\n----- Forwarded Message -----\nFrom: Tower <no-reply@tower.example>\nTo: ana@example.com <ana@example.com>\nSent: Tuesday, March 3, 2026 at 10:22:14 AM PST\nSubject: Tower\n\n${BODY}`,
  ],
  [
    'Yahoo, run together',
    'Fw: Tower',
    `----- Forwarded Message ----- From: "Tower" <no-reply@tower.example>To: "ana@example.com" <ana@example.com>Sent: Tuesday, March 3, 2026 at 10:22:14 AM PSTSubject: Tower ${NAMED}`,
  ],
  [
    'Proton',
    'Fw: Tower',
    `Sent with Proton Mail secure email.\n\n------- Forwarded Message -------\nFrom: Tower <no-reply@tower.example>\nDate: On Tuesday, March 3rd, 2026 at 10:22 AM\nSubject: Tower\nTo: ana@example.com <ana@example.com>\n\n\n${BODY}`,
  ],
  [
    'Zoho',
    'Fwd: Tower',
    `============ Forwarded message ============\nFrom: Tower <no-reply@tower.example>\nTo: <ana@example.com>\nDate: Tue, 03 Mar 2026 10:22:14 -0800\nSubject: Tower\n============ Forwarded message ============\n\n${BODY}`,
  ],
  [
    'Notes',
    'Fw: Tower',
    `----- Forwarded by Ana Park/Harbor on 03/03/2026 10:22 AM -----\n\nFrom:\tTower <no-reply@tower.example>\nTo:\tana@example.com\nDate:\t03/03/2026 10:21 AM\nSubject:\tTower\n\n${BODY}`,
  ],
  [
    'Samsung',
    'Fwd: Tower',
    `Sent from my Galaxy\n\n-------- Original message --------\nFrom: Tower <no-reply@tower.example>\nDate: 3/3/26 10:22 AM (GMT-08:00)\nTo: ana@example.com\nSubject: Tower\n\n${BODY}`,
  ],
  [
    'HubSpot',
    'Fwd: Tower',
    `${SIGNATURE}\n\n---------- Forwarded message ----------\nFrom: Tower <no-reply@tower.example>\nDate: Mar 3, 2026, 10:22 AM\nSubject: Tower\nTo: ana@example.com\n\n${BODY}`,
  ],
  [
    'code in the inner subject only',
    'Fwd: 482913 is your Tower code',
    `---------- Forwarded message ---------\nFrom: Tower <no-reply@tower.example>\nDate: Tue, Mar 3, 2026 at 10:22 AM\nSubject: 482913 is your Tower code\nTo: <ana@example.com>\n\nSee the subject. Account 5510281.`,
  ],
  [
    'twice',
    'Fwd: Fwd: Tower',
    `pls\n\n---------- Forwarded message ---------\nFrom: Lee <lee@example.com>\nDate: Tue, Mar 3, 2026 at 10:25 AM\nSubject: Fwd: Tower\nTo: <ana@example.com>\n\n${SIGNATURE}\n\n---------- Forwarded message ---------\nFrom: Tower <no-reply@tower.example>\nDate: Tue, Mar 3, 2026 at 10:22 AM\nSubject: Tower\nTo: <lee@example.com>\n\n${BODY}`,
  ],
  [
    'no prefix in the subject',
    'Tower',
    `---------- Forwarded message ---------\nFrom: Tower <no-reply@tower.example>\nDate: Tue, Mar 3, 2026 at 10:22 AM\nSubject: Tower\nTo: <ana@example.com>\n\n${BODY}`,
  ],
  [
    'a disclaimer below',
    'FW: Tower',
    `From: Tower <no-reply@tower.example>\nSent: Tuesday, March 3, 2026 10:22 AM\nTo: Ana Park\nSubject: Tower\n\n${BODY}\n\nCONFIDENTIAL: this message (ref 2026-771204) is for the addressee only. Harbor Lofts LLC, company no. 5512044. If you are not the addressee call 775-555-0142.`,
  ],
  [
    'a banner above',
    'FW: Tower',
    `CAUTION: This email originated outside Harbor Lofts. Report code 771204 to the help desk, ext 5512.\n\nFrom: Tower <no-reply@tower.example>\nSent: Tuesday, March 3, 2026 10:22 AM\nTo: Ana Park\nSubject: Tower\n\n${BODY}`,
  ],
  [
    'a note that repeats it',
    'Fwd: Tower',
    `the code is 482913\n\n---------- Forwarded message ---------\nFrom: Tower <no-reply@tower.example>\nDate: Tue, Mar 3, 2026 at 10:22 AM\nSubject: Tower\nTo: <ana@example.com>\n\n${BODY}`,
  ],
  [
    'quoted once more',
    'Fwd: Tower',
    `> ---------- Forwarded message ---------\n> From: Tower <no-reply@tower.example>\n> Date: Tue, Mar 3, 2026 at 10:22 AM\n> Subject: Tower\n> To: <ana@example.com>\n>\n${BODY.replace(/^/gm, '> ')}\n\n${SIGNATURE}`,
  ],
]

/** The same as HTML. */
export const FORWARDED_HTML: readonly (readonly [client: string, subject: string, html: string])[] = [
  [
    'Gmail',
    'Fwd: Tower',
    '<div dir="ltr">fyi<br><br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">---------- Forwarded message ---------<br>From: <b>Tower</b> <span>&lt;<a>no-reply@tower.example</a>&gt;</span><br>Date: Tue, Mar 3, 2026 at 10:22 AM<br>Subject: Tower<br>To: &lt;ana@example.com&gt;<br></div><br><p>Your sign-in code</p><h1>482913</h1><p>Account 5510281</p></div></div>',
  ],
  [
    'Outlook',
    'FW: Tower',
    '<p>Ana Park, 775-555-0142 x 5512</p><div style="border-top:solid #E1E1E1 1pt"><p><b>From:</b> Tower &lt;no-reply@tower.example&gt;<br><b>Sent:</b> Tuesday, March 3, 2026 10:22 AM<br><b>To:</b> Ana Park<br><b>Subject:</b> Tower</p></div><p>Your sign-in code</p><h1>482913</h1><p>Account 5510281</p>',
  ],
  [
    'Apple Mail',
    'Fwd: Tower',
    '<div>See<br><blockquote type="cite"><div>Begin forwarded message:</div><div><b>From: </b>Tower &lt;no-reply@tower.example&gt;</div><div><b>Subject: </b><b>Tower</b></div><div><b>Date: </b>March 3, 2026 at 10:22:14 AM PST</div><div><b>To: </b>ana@example.com</div><br><div><p>Your sign-in code</p><h1>482913</h1></div></blockquote></div><div>Ana, Suite 4410</div>',
  ],
  [
    'Thunderbird',
    'Fwd: Tower',
    '<p>fyi</p><div class="moz-forward-container">-------- Forwarded Message --------<table><tr><th>Subject: </th><td>Tower</td></tr><tr><th>Date: </th><td>Tue, 3 Mar 2026 10:22:14 -0800</td></tr><tr><th>From: </th><td>Tower &lt;no-reply@tower.example&gt;</td></tr><tr><th>To: </th><td>ana@example.com</td></tr></table><p>Your sign-in code</p><h1>482913</h1></div>',
  ],
  [
    'Yahoo',
    'Fw: Tower',
    '<div>Ana</div><div id="ydp1"><div>----- Forwarded Message -----</div><div><b>From:</b> Tower &lt;no-reply@tower.example&gt;</div><div><b>To:</b> ana@example.com</div><div><b>Sent:</b> Tuesday, March 3, 2026 at 10:22:14 AM PST</div><div><b>Subject:</b> Tower</div></div><p>Your sign-in code</p><h1>482913</h1>',
  ],
]
