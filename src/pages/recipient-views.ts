import { html } from 'hono/html'
import { type Html, layout } from './layout.ts'

/** Whom a page is about, in words. */
export type Subject = { readonly address: string; readonly utility: string; readonly company: string }

const facts = ({ address, utility, company }: Subject): Html => html`<dl>
<div><dt>Copies go to</dt><dd>${address}</dd></div>
<div><dt>Utility</dt><dd>${utility}</dd></div>
<div><dt>Asked by</dt><dd>${company}</dd></div>
</dl>`

/** The form posts to its own address: the token stays where it is. */
const form = (label: string): Html => html`<form method="post"><button type="submit">${label}</button></form>`

const outcome = (kind: 'good' | 'bad', label: string): Html => html`<p class="state ${kind}">${label}</p>`

/** Asks a new recipient whether they want copies. */
export const askToConfirm = (subject: Subject): Html =>
  layout(
    'Confirm copies',
    html`<h1>Get copies of your ${subject.utility} codes?</h1>
<p>When ${subject.utility} sends a sign-in code to the contact that ${subject.company} keeps for you, we pass a copy on to you.</p>
${facts(subject)}
${form('Yes, send me copies')}
<p class="soft">If you did not expect this, close the page. Nothing is sent unless you confirm.</p>`,
  )

/** Thanks for confirming; also for the second click. */
export const confirmed = (subject: Subject): Html =>
  layout(
    'Confirmed',
    html`${outcome('good', 'Confirmed')}
<h1>You will get copies of your ${subject.utility} codes</h1>
${facts(subject)}
<p class="soft">Every copy has a link to stop them.</p>`,
  )

/** Asks whether copies shall stop. */
export const askToStop = (subject: Subject): Html =>
  layout(
    'Stop copies',
    html`<h1>Stop copies of your ${subject.utility} codes?</h1>
<p>Codes keep reaching ${subject.company}; only the copies to you end.</p>
${facts(subject)}
${form('Stop sending me copies')}
<p class="soft">To get them again later, ask ${subject.company}.</p>`,
  )

/** Copies have stopped; also for the second click. */
export const stopped = (subject: Subject): Html =>
  layout(
    'Stopped',
    html`${outcome('good', 'Stopped')}
<h1>You will get no more copies of your ${subject.utility} codes</h1>
${facts(subject)}
<p class="soft">To get them again later, ask ${subject.company}.</p>`,
  )

/** Confirming is no longer possible: they stopped copies, or the company took them off its list. */
export const alreadyStopped = (subject: Subject): Html =>
  layout(
    'Copies were stopped',
    html`${outcome('bad', 'Not confirmed')}
<h1>Copies to you were stopped before</h1>
${facts(subject)}
<p>If you want them after all, ask ${subject.company} to add you again.</p>`,
  )

/** The link was real but is too old. */
export const linkExpired = (): Html =>
  layout(
    'Link expired',
    html`${outcome('bad', 'Link expired')}
<h1>This link is too old</h1>
<p>Links to confirm work for two weeks. Ask the company that wants to send you copies to add you again; you then get a new one.</p>`,
  )

/** The link names nobody. */
export const linkInvalid = (): Html =>
  layout(
    'Link not valid',
    html`${outcome('bad', 'Link not valid')}
<h1>This link does not work</h1>
<p>It may have been cut off on its way. Open it from the message again, or copy all of it, up to its last character.</p>`,
  )

/** Something here failed; nothing was changed. */
export const tryAgain = (): Html =>
  layout(
    'Try again',
    html`${outcome('bad', 'Nothing was changed')}
<h1>That did not work just now</h1>
<p>Please try again in a minute.</p>`,
  )
