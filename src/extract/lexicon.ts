/**
 * The words that messages use around numbers, as regular expressions over folded text (lower case, no accents).
 * Every expression is a plain alternation with bounded gaps, so that it stays linear on any input.
 */

const any = (...parts: string[]): string => `(?:${parts.join('|')})`

/** What a code is for, said before the noun in English. */
const PURPOSE = any(
  'verification|verifying|verify|security|authentication|authenticator|auth|validation|identity|identification',
  'one[ -]?time(?:[ -]use)?|single[ -]use|1[ -]time|log[ -]?in|log[ -]?on|sign[ -]?in|sign[ -]?on|mfa|2fa|otp|otc',
  '(?:two|2|multi)[ -](?:factor|step)|temporary|temp|secure|dynamic|portal access|account access|login access',
)
const BETWEEN = `(?:[ \\n-](?:access|security|secure|verification|authentication|validation|identification|sms|text|email|e-mail|login|sign-in|log-in|numeric|personal|online|temporary|use|pass|portal|account|\\d{1,2}[ -]?digit)){0,3}`
const NOUN = '(?:code|codes|passcode|passcodes|pin|pins|pincode)'

/** Phrases that name a login code and nothing else. */
export const STRONG_CUE = new RegExp(
  any(
    `\\b${PURPOSE}${BETWEEN}[ \\n-]${NOUN}\\b`,
    '\\b(?:one[ -]?time|single[ -]use|dynamic)[ \\n-](?:security |login |access |temporary )?(?:pass ?word|password|token|key|pass)s?\\b',
    '\\bverification (?:number|key|token|digits|no)\\b|\\bsecurity token\\b',
    '\\botp\\b|\\botc\\b|\\bmtan\\b|\\bpasscode\\b|\\bpass code\\b',
    `\\b${NOUN} (?:below |above |here |we sent |that follows )?(?:to|for|when you|so you can|so that you can) (?:\\w{1,12} ){0,3}(?:verify|verifying|verification|sign|signing|log|logging|login|authenticate|authentication|access|unlock|finish signing|complete signing|confirm|continue|proceed|identity|reset|register)\\b`,
    // French
    "\\bcodes? (?:unique |temporaire |numerique )?(?:de |d'|a |pour )(?:la |l'|votre )?(?:verification|validation|securite|connexion|authentification|identification|acces|usage unique|utilisation unique|ouverture de session|identite|double authentification|vous connecter|ouvrir (?:une |votre |la )?session)\\b",
    '\\bcodes? (?:a usage|d.utilisation) unique\\b|\\bcode (?:unique|temporaire|secret|otp|sms)\\b|\\bcode-securite\\b',
    "\\bmots? de passe (?:a usage unique|unique|dynamique|d'un jour)\\b|\\bnumero de verification\\b|\\bcle de verification\\b",
    "\\bnip (?:a usage unique|temporaire|unique|de verification|d'acces)\\b",
    // Spanish
    '\\bcodigos? (?:unico |temporal |numerico )?(?:de |para |por )(?:la |su |tu )?(?:verificacion|seguridad|acceso|un solo uso|uso unico|unica vez|autenticacion|identificacion|inicio de sesion|inicio|validacion|ingreso|iniciar sesion|verificar|acceder|ingresar|entrar|identidad)\\b',
    '\\bcodigo (?:unico|temporal|otp|secreto)\\b|\\bnumero de verificacion\\b',
    '\\bclave (?:de |para )?(?:un solo uso|uso unico|verificacion|temporal|dinamica|seguridad|unica|acceso)\\b',
    '\\bcontrasena (?:de |por )?(?:un solo uso|uso unico|unica|una sola vez|unica vez|dinamica)\\b|\\bpin (?:de|temporal)\\b',
    // Other languages, for callers beyond North America
    '\\b(?:bestatigungs|sicherheits|verifizierungs|einmal|anmelde|freigabe|zugangs)-?(?:code|passwort|pin|kennwort)\\b|\\btan\\b',
    '\\bcodice (?:di |otp|temporaneo)|\\bcodigo de (?:verificacao|seguranca|confirmacao|acesso)\\b',
    '\\b(?:verificatie|beveiligings|inlog|toegangs)code\\b|\\b(?:verifierings|sakerhets|engangs|bekraftelse)(?:s)?kode?n?\\b',
    '\\bkod (?:weryfikacyjny|autoryzacyjny|potwierdzajacy)|\\b(?:dogrulama|onay|guvenlik) kodu\\b|\\bma xac (?:minh|thuc|nhan)\\b',
    '\\bkode (?:verifikasi|otp|keamanan)\\b|код (?:подтверждения|проверки|безопасности|доступа)|одноразовый',
    '验证码|驗證碼|校验码|动态码|动态密码|激活码|確認碼|认证码|认证码|認証コード|確認コード|인증 ?번호|인증 ?코드|رمز التحقق|کد تایید|کد تأیید|رمز التاكيد|रमज|ओटीपी|קוד אימות|κωδικος επαληθευσης|รหัสยืนยัน',
  ),
  'g',
)

/** Words that may name a login code. */
export const PLAIN_CUE =
  /\b(?:codes?|codigos?|claves?|pins?|nip|kode|kod|codice|ma so)\b|код|пароль|代码|コード|코드|رمز|كود|کد|קוד|รหัส/g

/** Codes that confirm something: a sign-in, or a payment. Only the rest of the message tells which. */
export const DOUBTFUL_CUE = new RegExp(
  any(
    '\\b(?:confirmation|authorization|authorisation|approval|activation|registration|enrollment|enrolment|access|entry|validation) (?:code|codes|pin|passcode|key)\\b',
    "\\bcodes? (?:de |d')(?:confirmation|activation|autorisation|inscription|enregistrement)\\b",
    '\\bcodigos? de (?:confirmacion|activacion|autorizacion|registro|inscripcion)\\b',
  ),
  'g',
)

/** Codes that are no login codes whatever surrounds them. */
export const OTHER_CODE = new RegExp(
  any(
    `\\b(?:${[
      'promo(?:tion|tional)?|coupon|discount|offer|voucher|gift(?: card)?|gift certificate|referral|refer a friend|reward|rewards|redemption|redeem|rebate|bonus|savings|sale|deal|checkout|membership|partner|affiliate|marketplace',
      'zip|postal|post|area|country|dial(?:ing)?|city|state|county|geo|fips|locator',
      'bar|qr|source|color|colour|hex|error|status|response|reason|exit|fault|trouble|diagnostic|event|alarm|return|building|fire|dress|plumbing|electrical|energy|tax|labor|penal|municipal|conduct',
      'rate|tariff|price|pricing|rider|schedule|zone|service|product|item|part|model|batch|lot|sku|material|class|category|type|industry|naics|sic|mcc|gl|cost|budget|department|project|program|programme|plan|site|location|route|cycle|meter|read|premise|customer|client|account|branch|sort|swift|bank|routing|store|agent|dealer|vendor|supplier|employee|student|school|cvv|cvc|card|charge|billing|invoice|payment|transaction|order|tracking|booking|reservation|reference|case|ticket|claim|file|survey|feedback|questionnaire|event|contest|sweepstakes|raffle|prize|entry form|win|winning',
      'gate|door|lock ?box|locker|pickup|pick-up|delivery|collection|parking|garage|elevator|alarm|wi-?fi|guest|conference|meeting|webinar|participant|host|dial-in|join|bridge|flight|boarding|check-in|drawing|permit|inspection|switch|relay|outage|work|job|dispatch|crew|technician|backup|recovery|scratch|restore|short|morse|old|machine|html|embed|discipline|designation|condition|currency|language|time|activity|comp|tracking',
    ].join('|')})[ -](?:code|codes|pin|pins|code number)\\b`,
    '\\b(?:promo|coupon|referral|qr|zip|postal)codes?\\b|\\bcvv2?\\b|\\bcvc\\b|\\bbarcodes?\\b|\\bpostcode\\b',
    '\\btemporary (?:password|username|user id)\\b|\\bpin (?:number )?(?:for|on) your (?:debit|credit|bank|gift)\\b',
    '\\b(?:error|status|fault) (?:code|number|message)\\b|\\bcode of (?:conduct|ethics|regulations)\\b|\\bpin code\\b(?= \\d{6},)',
    '\\bcodes? (?:promo|promotionnel|promotionnels|postal|postaux|barres?|a barres|qr|client|clients|cadeau|tarifaire|tarif|rabais|fiscal|produit|erreur|regional|source|du travail|civil|penal|civique|couleur|de couleur|activite|permanent|utilisateur|abonne)\\b',
    "\\bcodes? (?:de |d'|du |de la |des )(?:reduction|remise|rabais|parrainage|reference|dossier|suivi|reservation|client|facture|facturation|commande|transaction|paiement|erreur|batiment|porte|sondage|conduite|produit|tarif|succursale|secteur|rue|conference|reunion|recuperation|secours|livraison|retrait|ramassage|stationnement|compteur|compte|abonne|taxe)\\b",
    '\\bcodigos? (?:postal|postales|promocional|promocionales|qr|fiscal|tributario|tarifario|civil|penal|fuente)\\b',
    '\\bcodigos? de (?:descuento|cupon|barras|area|cliente|referencia|referido|reserva|reservacion|seguimiento|rastreo|error|tarifa|producto|pago|factura|pedido|transaccion|oferta|promocion|suministro|cuenta|medidor|encuesta|conducta|pais|sucursal|zona|conferencia|reunion|recuperacion|entrega|retiro|puerta|edificio|regalo|caso|reporte|orden|impuesto|rastreo|autorizacion de pago|confirmacion de pago)\\b',
    '\\b(?:confirmation|authorization|authorisation|approval) (?:code|number) (?:for|of) (?:your |this |the )?(?:payment|transaction|order|purchase|booking|reservation)\\b',
  ),
  'g',
)

const THING = any(
  'account|acct|customer|client|subscriber|case|ticket|order|work order|service order|invoice|bill|statement|reference|ref|confirmation|authorization|authorisation|approval|transaction|trans|payment|receipt|tracking|claim|request|service request|permit|premises?|meter|pole|contract|agreement|service agreement|policy|member|membership|serial|model|part|route|check|cheque|routing|card|license|licence|badge|employee|technician|vendor|supplier|po|purchase order|folio|file|docket|booking|reservation|registration|tax|gst|hst|qst|ein|business|store|unit|device|session|message|incident|outage|report|event|job|dispatch|appointment|phone|telephone|tel|fax|mobile|cell|toll[ -]free|extension|esi|pod|choice|service point|site|location|circuit|transformer|feeder|loan|enrollment|application|complaint|notice|document|form|tracking|shipment|package|parcel|flight|meeting|conference|webinar|event|student|user|login|agent|guest|billing|bank|debit|credit|social security|vehicle|plate|lot|batch|item|sku|product|tariff|rate|schedule|rider|section|rule|page|chapter|lease|tenant|property|parcel|tax id|taxpayer|gift card|confirm',
)

/** A noun with a word for number: what follows is that number, not a code. */
export const NUMBER_LABEL = new RegExp(
  any(
    `\\b${THING}[ .]{0,2}(?:numbers?\\b|num\\b|no\\b|nbr\\b|nr\\b|nos\\b|#|id\\b|n[°º])`,
    `\\b(?:number|no|id) of (?:your )?${THING}\\b`,
    "\\b(?:numeros?|no|num|nro|n[°º])\\.? (?:de |d'|du |de la |de l'|de su |de tu |de votre |del |de los )?(?:cuenta|cliente|contrato|factura|medidor|contador|caso|reporte|orden|pedido|referencia|confirmacion|telefono|folio|servicio|suministro|transaccion|seguimiento|guia|aviso|autorizacion|expediente|poliza|recibo|pago|solicitud|registro|tarjeta|celular|movil|fax|serie|usuario|socio|empleado|compte|client|dossier|facture|contrat|compteur|reference|confirmation|telephone|commande|transaction|suivi|bon de travail|bon|demande|abonne|police|permis|cellulaire|serie|utilisateur|adresse|avis|panne|incident|employe|lieu|carte|recu|paiement|autorisation|tps|tvq|tvh|taxe|entreprise)\\b",
    '\\b(?:meeting|conference|webinar|session|user|customer|agent|store|site|device|tracking|transaction|request|message|event|case|correlation|trace|campaign|job|reference) ?id\\b|\\bssn\\b|\\bsin\\b|\\bvin\\b|\\bein\\b|\\bnif\\b|\\brfc\\b|\\bsiret\\b',
  ),
  'g',
)

/** The same nouns without such a word; they bind only a number that follows at once. */
export const BARE_LABEL = new RegExp(
  any(
    '\\b(?:account|acct|a\\/c|customer|case|ticket|order|invoice|ref|reference|confirmation|authorization|approval|meter|claim|po|suite|ste|unit|apt|apartment|room|floor|ext|extension|fax|tel|telephone|phone|mobile|cell|zip|route|hwy|highway|section|rule|act|chapter|page|step|version|build|release|lot|permit|serial|model|folio|docket|receipt|transaction|payment|request|premise|pole|contract|policy|member|job|wo|license|licence|badge|employee|technician|form|iso|rfc|ansi|ieee|nec|article|schedule|tariff|rider|exhibit|appendix|figure|table|item|sku|qty|quantity|year|fy|since|est|class of|outage|incident|event|report|station|circuit|feeder|transformer|substation|box|bldg|building|flight|gate|seat|row|bus|train|channel|windows|office|iphone|galaxy|chrome|outlook|tracking|usage|reading|balance|total|subtotal|points|score|window|hydrant|lane|booth|hall|locker|id|no|nr|number|grid|block|zone|district|precinct|loan|check|cheque|card|visa|mastercard|amex|discover|checking|savings|bank|passport|confirm)\\b',
    '\\b(?:compte|facture|dossier|commande|contrat|compteur|client|bureau|bur|poste|casier|case postale|c\\.?p\\.?|bp|appartement|app|etage|porte|telecopieur|telecopie|telephone|courriel|reglement|loi|annee|depuis|numero|bon|avis|panne|borne|releve|consommation|solde|carte|recu|no|tps|tvq|tvh)\\b',
    '\\b(?:cuenta|factura|medidor|contrato|referencia|pedido|caso|cliente|reporte|orden|recibo|oficina|piso|apartado|apto|telefono|celular|numero|num|nro|lectura|consumo|saldo|ano|desde|ley|articulo|tarjeta|terminal|suministro|aviso|guia|solicitud|confirmacion|autorizacion|transaccion|turno|cita)\\b',
  ),
  'g',
)

/** Commands that are followed by what is to be typed. */
export const COMMAND =
  /\b(?:enter|type|typing|use|using|input|key in|provide|submit|copy|paste|entering|quote|punch in|fill in|put in|saisir|saisissez|entrer|entrez|tapez|taper|utilisez|utiliser|inscrivez|inscrire|composez|copiez|entre|ingrese|ingresa|ingresar|ingresando|introduzca|introduce|introducir|introduciendo|use|usa|usar|utilice|utiliza|escriba|escribe|digite|digita|teclee|teclea|capture|coloque|pegue|copie|copia)\b/g

/** What typing a login code is good for. */
export const SIGN_IN =
  /\b(?:sign(?:ing)? ?(?:in|on|-in)|signin|log(?:ging)? ?(?:in|on|-in)|login|verify(?:ing)?|verification|authenticat\w{1,5}|confirm (?:it's|it is|that it's|your identity|your email|your e-mail|you)|it's (?:really )?you|your identity|identity|two-step|2-step|two-factor|multi-factor|mfa|2fa|one[ -]time|trusted device|new device|connexion|connecter|ouvrir (?:une |votre )?session|ouverture de session|vous identifier|identite|authentifi\w{1,7}|verifi\w{1,7}|iniciar? (?:la )?sesion|inicio de sesion|acceder|identidad|autentic\w{1,6}|verific\w{1,6}|ingresar|go on|continue|continuer|poursuivre|proceed|continuar)\b/

const NUMBER_WORD =
  'a|an|one|two|three|five|ten|fifteen|twenty|thirty|sixty|une?|deux|trois|cinq|dix|quinze|vingt|trente|uno?|una|dos|tres|cinco|diez|quince|veinte|treinta'
const TIME_UNIT =
  '(?:min(?:ute|uto)?s?|mn|h(?:ou)?rs?|heures?|horas?|h|sec(?:ond|onde)?s?|segundos?|days?|jours?|dias?)'
/** "expires in 10 minutes", "valide pendant 15 min", "valido por una hora". */
export const LIFETIME = new RegExp(
  `\\b(?:expir\\w{0,7}|valid\\w{0,3}|valable|good|active|activo|works?|working|lasts?|usable|use it|enter it|within|vence|caduca\\w{0,3}|vigente|vigencia|stops? working|fonctionne|sirve|dure|dura)\\b[^.\\n\\d]{0,48}?\\b(\\d{1,3}|${NUMBER_WORD})[ -]{0,2}${TIME_UNIT}\\b|\\b(\\d{1,3}|${NUMBER_WORD})[ -]{0,2}${TIME_UNIT}\\b[^.\\n\\d]{0,20}\\b(?:before it expires|until it expires|to (?:use|enter)|pour (?:saisir|utiliser|l'entrer)|para (?:usar|ingresar|introducir))`,
)
export const KEEP_SECRET =
  /\b(?:do not|don't|dont|never|won't|will not|will never|not) (?:\w{1,12} ){0,3}(?:share|give|disclose|forward|tell|reveal|ask|text|send)\b|\bne (?:\w{1,10} ){0,2}(?:partagez|communiquez|divulguez|transmettez|donnez|transferez|revelez|demanderons)\b|\bn[eo] (?:lo |la |le |se |este |el )?(?:comparta|compartas|compartir|revele|reveles|divulgue|entregue|reenvie|diga|des)\b|\bnunca (?:\w{1,10} ){0,3}(?:comparta|compartas|pediremos|solicitaremos|revele)\b|\bkeep (?:it|this)\b/
export const NOT_YOU =
  /\bif (?:you|this) (?:did not|didn't|have not|haven't|do not|don't|was not|wasn't|were not|weren't|are not|aren't) (?:\w{1,12} ){0,3}(?:request|ask|initiate|try|trying|make|sign|log|attempt|expect|recogni[sz]e|want|need|you)|\b(?:not|wasn't) you\s?\?|\bdidn't (?:request|ask|try|sign|log)|\bsi (?:vous )?(?:n'avez|n'etes|ce n'etait|ce n'est|vous n)|\b(?:pas|vous n'avez pas) demande|\bsi (?:usted )?no (?:solicit\w{1,5}|ha|has|pidi\w{1,4}|fue|fuiste|intent\w{1,5}|reconoce\w{0,2}|realiz\w{1,4}|esta|estas|lo)/
