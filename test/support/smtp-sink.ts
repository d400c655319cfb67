/** A real mail server on a socket that keeps what it gets; the sandbox's customer is one. */
export {
  type Customer as SmtpSink,
  type ReceivedMail,
  startCustomer as startSmtpSink,
} from '../../src/sandbox/customer.ts'
