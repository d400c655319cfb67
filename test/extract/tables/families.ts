/** Wordings whose number is the code, by language. */
const CODES = {
  en: [
    'Please fill in {c} on the screen you left open.',
    'The portal is expecting {c}.',
    'Put {c} in the empty box.',
    'Your answer for the portal: {c}',
    'To get past the next screen: {c}',
    'Here is what you need to get in: {c}',
    'Say {c} to the login page.',
    'Use {c} to carry on.',
    'Finish logging on with {c}.',
    '{c} gets you in.',
    '{c} completes your login.',
    'We made {c} for this login only.',
    'The digits for your login are {c}.',
    'Your login word is {c}',
    'Login challenge {c}',
    'Second factor: {c}',
    'Verify with {c}',
    'One-off login: {c}',
    'Paste {c} into the form.',
    'Give {c} to the website, not to a person.',
  ],
  fr: [
    'Inscrivez {c} dans le champ vide.',
    'La page attend {c}.',
    'Pour poursuivre la connexion : {c}',
    'Il suffit de taper {c} pour entrer.',
    'Le site vous demandera {c}.',
    'Votre réponse : {c}. À saisir sur la page de connexion.',
    'Connectez-vous avec {c}.',
    'Saisissez ceci : {c}',
    '{c} vous permet de vous connecter.',
    'Collez {c} dans le formulaire.',
    'Facteur de connexion : {c}',
    'Validez votre connexion avec {c}.',
    'Voici vos chiffres : {c}. Ils servent à ouvrir une session.',
    'Mettez {c} là où la page le demande.',
  ],
  es: [
    'Escriba {c} en el campo vacío.',
    'La página espera {c}.',
    'Para seguir con el inicio de sesión: {c}',
    'Basta con teclear {c} para entrar.',
    'El sitio le pedirá {c}.',
    'Inicie sesión con {c}.',
    'Ingrese esto: {c}',
    '{c} le permite entrar a su cuenta.',
    'Pegue {c} en el formulario.',
    'Segundo factor: {c}',
    'Valide su ingreso con {c}.',
    'Estos son sus dígitos: {c}. Sirven para iniciar sesión.',
    'Ponga {c} donde la página lo pida.',
  ],
}
/** Wordings about signing in whose number is something else. */
const OTHERS = {
  en: [
    'Crew {c} is on its way to your street.',
    'Your bill {c} is ready to view. Log in to see it.',
    'We sent a new login code. Mailing {c}.',
    'Log in to see bulletin {c}.',
    'Sign in to the portal to read message {c}.',
    'Your login from Reno was recorded. Entry {c}.',
    'Sign in before 10 June to keep offer {c}.',
    'Two-step verification is on for line {c}.',
    'Your new security settings were saved as {c}.',
    'Enter the reading {c} was too high.',
    'To sign in, go to the portal; your user is {c}.',
    'Your password was reset by agent {c}.',
    'Passcode sent to the phone ending {c}.',
    'A code was sent to {c}.',
    'Someone tried code {c} on your account.',
    'Code {c} did not match.',
    'Code {c} was entered too late.',
    'We have stopped code {c}.',
    'Log in with your user name {c} and your password.',
    'Your sign-in name is {c}.',
    'Your portal number is {c}; keep it for your files.',
    'Use your account {c} to sign in.',
    'You have {c} unread messages. Sign in to read them.',
    'Sign in: {c} customers already did.',
    'Security training {c} starts on Monday. Sign in to enrol.',
  ],
  fr: [
    'L’équipe {c} est en route.',
    'Connectez-vous pour lire le bulletin {c}.',
    'Votre identifiant est {c}. Connectez-vous avec votre mot de passe.',
    'Connexion enregistrée sous {c}.',
    'Le code {c} est arrivé trop tard.',
    'Quelqu’un a essayé le code {c}.',
    'Un code a été envoyé au {c}.',
    'Votre mot de passe a été changé. Intervention {c}.',
    'Connectez-vous : {c} clients l’ont déjà fait.',
  ],
  es: [
    'La cuadrilla {c} va en camino.',
    'Inicie sesión para leer el boletín {c}.',
    'Su usuario es {c}. Inicie sesión con su contraseña.',
    'Su ingreso quedó registrado como {c}.',
    'El código {c} llegó tarde.',
    'Alguien probó el código {c}.',
    'Se envió un código al {c}.',
    'Su contraseña fue cambiada. Trámite {c}.',
    'Inicie sesión: ya lo hicieron {c} clientes.',
  ],
}
/** What may follow: nothing, a lifetime, numbers of other kinds. */
const TAILS = {
  en: [
    '',
    ' It works for ten minutes.',
    ' Account 4410-2291, service at 1204 Elm Street, Reno, NV 89501.',
    ' Not you? Call 800-555-0142 and quote case 771204.',
  ],
  fr: [
    '',
    ' Valable 10 minutes.',
    ' Compte 4410 2291, 1204, rue Principale.',
    ' Ce n’était pas vous? Appelez le 1 800 555-0142, dossier 771204.',
  ],
  es: [
    '',
    ' Vale 10 minutos.',
    ' Cuenta 4410-2291, Calle Elm 1204.',
    ' ¿No fue usted? Llame al 800-555-0142, caso 771204.',
  ],
}

const LANGUAGES = ['en', 'fr', 'es'] as const
const combine = (wordings: typeof CODES, codes: readonly string[]): (readonly [string, string])[] =>
  LANGUAGES.flatMap((language) =>
    wordings[language].flatMap((wording) =>
      TAILS[language].flatMap((tail) =>
        codes.map((code) => [wording.replace('{c}', code) + tail, code] as const),
      ),
    ),
  )

/** Structure times wording times distractor: to be read, not to be read wrong, not to be read at all. */
export const READ = combine(CODES, ['482913'])
export const SHORT = combine(CODES, ['7204'])
export const LOOKALIKES = combine(OTHERS, ['482913', '7204'])
