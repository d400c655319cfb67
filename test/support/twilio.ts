/** Twilio's double; it ships with the sandbox, as operators try their set-up against it too. */
export {
  type FakeTwilio,
  type IncomingSms,
  type SentSms,
  type SignedPost,
  startFakeTwilio,
} from '../../src/sandbox/fake-twilio.ts'
