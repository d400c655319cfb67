/** An SMTP reply as smtp-server wants it; it adds the enhanced code (RFC 3463) that goes with the number. */
export class SmtpReply extends Error {
  readonly responseCode: number
  constructor(responseCode: number, text: string) {
    super(text)
    this.name = 'SmtpReply'
    this.responseCode = responseCode
  }
}

export const noSuchMailbox = (): SmtpReply => new SmtpReply(550, 'No such mailbox here')
/** What is not known to be permanent is temporary: the sender keeps the message and comes again. */
export const tryAgain = (why: string): SmtpReply => new SmtpReply(451, `${why}, try again later`)
/** RFC 3463: 4.7.1, delivery not authorised for now. */
export const tooMany = (): SmtpReply =>
  new SmtpReply(451, '4.7.1 Too many messages from your host for now, try again later')
export const bareLineFeed = (): SmtpReply =>
  new SmtpReply(554, 'Lines must end in CRLF: a bare LF was found (RFC 5321 section 2.3.8)')
