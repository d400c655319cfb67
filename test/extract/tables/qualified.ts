/** Codes of things: no login code, whatever the thing is, unless the message is about signing in. */
export const QUALIFIED: readonly (readonly [subject: string | null, text: string, code: string | null])[] = [
  ...[
    'event',
    'feeder',
    'substation',
    'cancellation',
    'shipment',
    'inspector',
    'loyalty',
    'subscriber',
    'enrollment',
    'curtailment',
    'hydrant',
    'paperwork',
    'weatherization',
  ].flatMap((thing): [string | null, string, string | null][] => [
    ['A message from ElectriCo', `Dear customer,\n\nYour ${thing} code is 5434012.\n\nThank you.`, null],
    [null, `ElectriCo: please mention ${thing} code 8201.`, null],
  ]),
  ['Demand response', 'Event code DR1121 starts 4 PM. Your baseline is 4412 W.', null],
  ['AutoPay', 'You are enrolled in AutoPay. Enrollment code AP-559120. Card ending 4471.', null],
  ['Phone payments', 'Your PIN for automated phone payments: 3318.', null],
  [null, 'Your ElectriCo code is 990417', '990417'],
  [null, 'Your previous code has expired. Here is a fresh one: 904412', '904412'],
  [null, 'Enter your enrollment code 990417 to sign in. It expires in 10 minutes.', '990417'],
  [null, 'your gadget code is 990417. It expires in 10 minutes.', '990417'],
]
