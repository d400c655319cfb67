/** Two codes that fit and nothing to choose by: none is handed out. Subject first where there is one. */
export const AMBIGUOUS: readonly (readonly [subject: string | null, text: string])[] = [
  [null, 'Your web code is 482913. Your app code is 771204.'],
  [null, 'Code A: 482913, code B: 771204.'],
  [null, 'User ana: 482913. User bob: 771204.'],
  [null, 'Your codes: 482913 (web), 771204 (phone).'],
  [null, 'Your code is 482913. If it does not work, try 771204.'],
  [null, 'Your code is 482913. / Votre code est 771204.'],
  [null, 'Verification code 482913 or 771204.'],
  [null, 'Login code: 482913\nLogin code: 771204'],
  [null, 'Your one-time codes are 482913 and 771204.'],
  [null, 'For the customer portal enter 482913, for the contractor portal enter 771204.'],
  [null, 'Step 1 code 482913, step 2 code 771204.'],
  [null, 'Your code is 482913.\n@coned.com #771204'],
  [null, 'Enter 482913 in the first box and 771204 in the second.'],
  [null, 'Use 482913 to sign in to Electric and 771204 to sign in to Gas.'],
  [null, 'Sign-in code for Dana 482913\nSign-in code for Lee 771204\nSign-in code for Max 550912'],
  [null, 'PIN 4410, passcode 482913'],
  ['482913 is your sign-in code', 'Your sign-in code is 771204.'],
  ['Your code: 482913', 'Your code: 771204'],
  [null, 'One of these will work: 482913, 771204, 551028.'],
  [null, 'Su código es 482913. Su código es 771204.'],
  [null, 'Le code pour Ana est 482913 et le code pour Luc est 771204.'],
  [null, 'Access codes\n482913\n771204'],
  [null, 'Main account code 482913\nSecond account code 771204'],
]
/** Mail without a code that nevertheless says much of codes, numbers and signing in. */
export const NEGATIVE_MAIL: readonly (readonly [subject: string, text: string])[] = [
  [
    'Changes to how you sign in',
    'Hello Ana,\n\nFrom 1 June 2026 we will ask for a one-time code whenever you sign in from a new device. You will receive it by e-mail or text from 72345. It has 6 digits and is valid for 10 minutes. Never share it.\n\nNotice 551028\nTower Utilities, 4410 Main Street, Reno, NV 89501',
  ],
  [
    'We noticed a new sign-in',
    'Device: Windows PC\nBrowser: Chrome 126\nWhen: 4 March 2026, 10:22\nWhere: Reno, NV (198.51.100.7)\nEvent: 48291377\n\nIf this was you, there is nothing to do. If not, reset your password.',
  ],
  [
    'Your password was changed',
    'The password of your online account ending in 4410 was changed on 03/04/2026 at 10:22 AM. If you did not do this, call 1-800-555-0199 and quote incident 482913.',
  ],
  [
    'You turned on two-step verification',
    'Good choice! From now on you need a code as well as your password. Codes will go to (***) ***-4410. Your enrollment was recorded as 482913 at 10:22.',
  ],
  [
    'Too many attempts',
    'A wrong verification code was entered 5 times. For your safety the account 5510281 is locked until 11:22. Reference: 482913.',
  ],
  [
    'Your verification request',
    'We are verifying the documents you uploaded. Application 482913. This takes 3 business days. You can follow it at the portal with your application number.',
  ],
  ['Identity verification complete', 'Thank you. Your identity has been verified. File 482913 is closed.'],
  [
    'Verify your e-mail address',
    'Please click the button below to verify your e-mail address.\n\nThe link works for 24 hours. Request 482913.',
  ],
  [
    'Your move-in is confirmed',
    'Service at 1204 Elm Street Apt 482 starts on 03/14/2026. Your confirmation code is 482913. Keep it for your records.',
  ],
  [
    'Receipt',
    'Thank you for your payment.\n\nAmount: $184.22\nMethod: Visa ending 4410\nConfirmation code: 482913\nDate: 03/04/2026\n\nSign in to see your balance.',
  ],
  [
    'Your smart thermostat',
    'Install it in three steps.\n1. Turn off power.\n2. Connect the wires.\n3. Enter the setup code 482-91-377 in the app.',
  ],
  [
    'Budget plan',
    'Your new monthly amount is $92. Your plan number is 482913. Manage it online: sign in and choose Budget Plan.',
  ],
  [
    'Community meeting',
    'Join us on Zoom.\nMeeting ID 812 3456 7890\nPasscode 482913\nOr call 669 555 0123, access code 8123456#.',
  ],
  [
    'Rebate approved',
    'Congratulations! Claim your $50 with code RB-4829-13 in any store until 03/31. One claim per household.',
  ],
  [
    'Planned maintenance of our website',
    'You cannot sign in on 14 March from 0100 to 0500. Change 482913. We are sorry.',
  ],
  [
    'Your gas safety inspection',
    'Our inspector (badge 4410) comes on 4 March between 8 and 12. He will show the security code 4829 printed on this letter.',
  ],
  [
    'Phishing alert',
    'Customers report e-mails titled "Your verification code is 482913". They are not from us. Do not click.',
  ],
  [
    'Did you request a code?',
    'Somebody requested a verification code for your account 5510281 at 10:22. If it was you, check your text messages. If not, change your password. Case 482913.',
  ],
  ['Your code request', 'You have reached the limit of 5 codes an hour. Try again after 11:22. Error 4291.'],
  [
    'RE: I did not get the code',
    'Hello Ana, I resent the code to your phone at 10:22. If it does not come, reply to this mail.\n\nKim, Support, ext. 4410, ticket 482913',
  ],
  ['Authorised user removed', 'Lee Park (user 482913) can no longer sign in to your account 5510281.'],
  [
    'Your annual usage report',
    'You used 12,040 kWh in 2025. Your home ranks 4829 of 13000 similar homes. Sign in for details.',
  ],
  ['Tax documents', 'Form 1099-INT for 2025 is ready. Payer code 482913. Sign in to download it.'],
  [
    'Outage update',
    'Crews restored power to 4829 of 5130 customers. Event 482913. Report an outage: text OUT to 72345.',
  ],
  ['Welcome', 'Your online account is ready. User name: 482913. You chose your password yourself.'],
  [
    'Welcome to paperless billing',
    'Your customer code is 482913 and your account number 5510281. You will need both on the phone.',
  ],
  [
    'Your verification code has been sent',
    'We sent a verification code to your phone number ending in 4829. It is valid for 10 minutes. Request ID 482913.',
  ],
  [
    'Voice code',
    'We will call you within 2 minutes from 704 555 0188 and read you a 6-digit code. Case 482913.',
  ],
  [
    'Code of conduct for contractors',
    'Version 4829 of our Code of Conduct applies from 2026. Section 1204 is new.',
  ],
  [
    'Security code on your card',
    'Your card was declined. Check the 3-digit security code on its back. Order 482913.',
  ],
]
