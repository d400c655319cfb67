/*
 * Answers of mail systems to a copy, in the shapes that these systems write, in words of our own. Each is made for one
 * recipient, so that whole-relay tests can send them to the return path of a real copy.
 */

export type BounceSample = {
  readonly name: string
  readonly mime: (recipient: string) => string
  /** What is to be read from it; null: it is no report. */
  readonly expect: {
    readonly action: 'failed' | 'delayed' | 'delivered'
    readonly status: string | null
    readonly isStructured: boolean
    readonly text?: string
  } | null
  /** What it means for the copy; null: nothing. */
  readonly means: 'hard' | 'soft' | 'delayed' | null
}

const CRLF = '\r\n'
const lines = (...all: readonly string[]): string => all.join(CRLF)

const RETURNED = lines(
  'From: "Sandbox Power via MFA Relay" <codes@relay.test>',
  'Subject: Your Sandbox Power code',
  'Message-ID: <aaaaaaaaaaaaaaaaaaaa@relay.test>',
  '',
)
const WHOLE = lines(RETURNED, 'Your Sandbox Power verification code is 918273', '')

type Parts = {
  readonly from: string
  readonly subject: string
  readonly words: string
  readonly status: readonly string[]
  readonly returned?: 'headers' | 'whole' | 'none'
}

/** multipart/report as RFC 3462 has it. */
function report({ from, subject, words, status, returned = 'headers' }: Parts): string {
  const third = {
    headers: ['--=_b', 'Content-Type: text/rfc822-headers', '', RETURNED],
    whole: ['--=_b', 'Content-Type: message/rfc822', '', WHOLE],
    none: [],
  }[returned]
  return lines(
    `From: ${from}`,
    `Subject: ${subject}`,
    'Auto-Submitted: auto-replied',
    'MIME-Version: 1.0',
    'Content-Type: multipart/report; report-type=delivery-status; boundary="=_b"',
    '',
    '--=_b',
    'Content-Type: text/plain; charset=utf-8',
    '',
    words,
    '',
    '--=_b',
    'Content-Type: message/delivery-status',
    '',
    ...status,
    '',
    ...third,
    '--=_b--',
    '',
  )
}

const plain = (
  from: string,
  subject: string,
  words: readonly string[],
  more: readonly string[] = [],
): string =>
  lines(`From: ${from}`, `Subject: ${subject}`, ...more, 'Content-Type: text/plain', '', ...words, '')

export const BOUNCE_SAMPLES: readonly BounceSample[] = [
  {
    name: 'Postfix: unknown user, headers returned',
    mime: (to) =>
      report({
        from: 'Mail Delivery System <MAILER-DAEMON@mx.customer.test>',
        subject: 'Undelivered Mail Returned to Sender',
        words: `The mail system at mx.customer.test could not hand the message to\r\n\r\n<${to}>: unknown user`,
        status: [
          'Reporting-MTA: dns; mx.customer.test',
          'X-Postfix-Queue-ID: 4AbCdE',
          'Arrival-Date: Sun, 1 Mar 2026 02:00:00 +0000 (UTC)',
          '',
          `Final-Recipient: rfc822; ${to}`,
          `Original-Recipient: rfc822;${to}`,
          'Action: failed',
          'Status: 5.1.1',
          'Remote-MTA: dns; store.customer.test',
          `Diagnostic-Code: smtp; 550 5.1.1 <${to}>: Recipient address`,
          '    rejected: User unknown in virtual mailbox table',
        ],
      }),
    expect: { action: 'failed', status: '5.1.1', isStructured: true },
    means: 'hard',
  },
  {
    name: 'Postfix: gave up after days of a host that did not answer',
    mime: (to) =>
      report({
        from: 'MAILER-DAEMON@mx.customer.test',
        subject: 'Undelivered Mail Returned to Sender',
        words: 'It could not be delivered in five days.',
        status: [
          'Reporting-MTA: dns; mx.customer.test',
          '',
          `Final-Recipient: rfc822; ${to}`,
          'Action: failed',
          'Status: 4.4.1',
          'Diagnostic-Code: X-Postfix; connect to store.customer.test[192.0.2.9]:25: Connection timed out',
        ],
        returned: 'whole',
      }),
    expect: {
      action: 'failed',
      status: '4.4.1',
      isStructured: true,
      text: 'connect to store.customer.test[192.0.2.9]:25: Connection timed out',
    },
    means: 'soft',
  },
  {
    name: 'Postfix: still trying',
    mime: (to) =>
      report({
        from: 'MAILER-DAEMON@mx.customer.test',
        subject: 'Delayed Mail (still being retried)',
        words: 'This is a warning only. The message will be retried.',
        status: [
          'Reporting-MTA: dns; mx.customer.test',
          '',
          `Final-Recipient: rfc822; ${to}`,
          'Action: delayed',
          'Status: 4.2.0',
          'Will-Retry-Until: Fri, 6 Mar 2026 02:00:00 +0000 (UTC)',
        ],
      }),
    expect: { action: 'delayed', status: '4.2.0', isStructured: true },
    means: 'delayed',
  },
  {
    name: 'Exchange: recipient not found, the whole message returned',
    mime: (to) =>
      report({
        from: '"Microsoft Outlook" <MicrosoftExchange329e71ec@customer.test>',
        subject: 'Undeliverable: Your Sandbox Power code',
        words: `Your message to ${to} was not delivered. The address was not found.`,
        status: [
          'Reporting-MTA: dns;AM0PR01MB0001.customer.test',
          'Received-From-MTA: dns;mail.relay.test',
          '',
          `Final-Recipient: rfc822;${to}`,
          'Action: failed',
          'Status: 5.1.10',
          'Diagnostic-Code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; not found by SMTP address lookup',
          'X-Display-Name: Pat',
        ],
        returned: 'whole',
      }),
    expect: { action: 'failed', status: '5.1.10', isStructured: true },
    means: 'hard',
  },
  {
    name: 'Exchange: refused by a rule of the organisation',
    mime: (to) =>
      report({
        from: 'postmaster@customer.test',
        subject: 'Undeliverable: Your Sandbox Power code',
        words: 'A custom mail flow rule does not allow this message.',
        status: [
          'Reporting-MTA: dns;AM0PR01MB0001.customer.test',
          '',
          `Final-Recipient: rfc822;${to}`,
          'Action: failed',
          'Status: 5.7.1',
          'Diagnostic-Code: smtp;550 5.7.1 TRANSPORT.RULES.RejectMessage',
        ],
        returned: 'none',
      }),
    expect: { action: 'failed', status: '5.7.1', isStructured: true },
    means: 'hard',
  },
  {
    name: 'Gmail: no such account, reason in several lines',
    mime: (to) =>
      report({
        from: 'Mail Delivery Subsystem <mailer-daemon@googlemail.com>',
        subject: 'Delivery Status Notification (Failure)',
        words: `Address not found: ${to}`,
        status: [
          'Reporting-MTA: dns; googlemail.com',
          'Received-From-MTA: dns; codes@relay.test',
          'Arrival-Date: Sun, 01 Mar 2026 02:00:00 -0800 (PST)',
          '',
          `Final-Recipient: rfc822; ${to}`,
          'Action: failed',
          'Status: 5.1.1',
          'Remote-MTA: dns; gmail-smtp-in.l.google.com. (192.0.2.27, the server for the domain gmail.com.)',
          'Diagnostic-Code: smtp; 550-5.1.1 There is no account of that name here. Check for',
          ' 550-5.1.1 typing mistakes.',
          ' 550 5.1.1 NoSuchUser - gsmtp',
          'Last-Attempt-Date: Sun, 01 Mar 2026 02:00:01 -0800 (PST)',
        ],
        returned: 'whole',
      }),
    expect: { action: 'failed', status: '5.1.1', isStructured: true },
    means: 'hard',
  },
  {
    name: 'Gmail: over its storage',
    mime: (to) =>
      report({
        from: 'mailer-daemon@googlemail.com',
        subject: 'Delivery Status Notification (Failure)',
        words: `The inbox of ${to} is full.`,
        status: [
          'Reporting-MTA: dns; googlemail.com',
          '',
          `Final-Recipient: rfc822; ${to}`,
          'Action: failed',
          'Status: 5.2.2',
          'Diagnostic-Code: smtp; 552-5.2.2 The recipient has no room left',
        ],
      }),
    expect: { action: 'failed', status: '5.2.2', isStructured: true },
    means: 'soft',
  },
  {
    name: 'Exim, newer: vague status, exact reason',
    mime: (to) =>
      report({
        from: 'Mail Delivery System <Mailer-Daemon@exim.customer.test>',
        subject: 'Mail delivery failed: returning message to sender',
        words: `A message could not be delivered to:\r\n\r\n  ${to}\r\n    host store.customer.test: 550 5.1.1 unknown`,
        status: [
          'Reporting-MTA: dns; exim.customer.test',
          '',
          'Action: failed',
          `Final-Recipient: rfc822;${to}`,
          'Status: 5.0.0',
          'Remote-MTA: dns; store.customer.test',
          'Diagnostic-Code: smtp; 550 5.1.1 Mailbox unknown here',
        ],
        returned: 'whole',
      }),
    expect: { action: 'failed', status: '5.1.1', isStructured: true, text: '550 5.1.1 Mailbox unknown here' },
    means: 'hard',
  },
  {
    name: 'Exim, older: sentences only',
    mime: (to) =>
      plain(
        'Mail Delivery System <Mailer-Daemon@exim.customer.test>',
        'Mail delivery failed: returning message to sender',
        [
          'This message was made by the mail software that takes mail here.',
          '',
          'Something that you sent could not be delivered to all of its recipients.',
          'This is a permanent error. The addresses that failed:',
          '',
          `  ${to}`,
          '    Unrouteable address',
          '',
          '------ This is a copy of the message, including all the headers. ------',
          '',
          WHOLE,
        ],
        [`X-Failed-Recipients: ${to}`],
      ),
    expect: { action: 'failed', status: '5.1.1', isStructured: false },
    means: 'hard',
  },
  {
    name: 'Exim, older: warning of a delay',
    mime: (to) =>
      plain('Mailer-Daemon@exim.customer.test', 'Warning: message 1abcDE-0001 delayed 24 hours', [
        'The message has not yet been delivered to',
        '',
        `  ${to}`,
        '',
        'No action is required on your part.',
      ]),
    expect: { action: 'delayed', status: null, isStructured: false },
    means: 'delayed',
  },
  {
    name: 'qmail: sentences, the reply of the other side',
    mime: (to) =>
      plain('MAILER-DAEMON@qmail.customer.test', 'failure notice', [
        'Hello, this is the mail program at qmail.customer.test.',
        'I am unable to deliver your message to the following addresses.',
        '',
        `<${to}>:`,
        'The other side said: 550 sorry, no mailbox here by that name. (#5.1.1)',
        '',
        '--- Below this line is a copy of the message.',
        '',
        WHOLE,
      ]),
    expect: { action: 'failed', status: '5.1.1', isStructured: false },
    means: 'hard',
  },
  {
    name: 'a success report, which nobody asked for',
    mime: (to) =>
      report({
        from: 'MAILER-DAEMON@mx.customer.test',
        subject: 'Successful Mail Delivery Report',
        words: 'It was delivered.',
        status: [
          'Reporting-MTA: dns; mx',
          '',
          `Final-Recipient: rfc822; ${to}`,
          'Action: relayed',
          'Status: 2.0.0',
        ],
      }),
    expect: { action: 'delivered', status: '2.0.0', isStructured: true },
    means: null,
  },
  {
    name: 'an out-of-office reply',
    mime: () =>
      plain(
        'Pat <pat@customer.test>',
        'Automatic reply: Your Sandbox Power code',
        ['I am away until Monday. Call 555 0142.'],
        ['Auto-Submitted: auto-replied'],
      ),
    expect: null,
    means: null,
  },
  {
    name: 'a person who writes about a bounce',
    mime: () =>
      plain('Pat <pat@customer.test>', 'Re: Your code', [
        'My last mail to you could not be delivered: 550 5.1.1',
      ]),
    expect: null,
    means: null,
  },
]
