/**
 * The words that messages use around numbers, as regular expressions over folded text (lower case, no accents).
 * Every expression is a plain alternation with bounded gaps, so that it stays linear on any input.
 */

const any = (...parts: string[]): string => `(?:${parts.join('|')})`

/** What a code is for, said before the noun in English. */
const PURPOSE = any(
  'verification|verifying|verify|security|authentication|authenticator|validation|identity|identification',
  'one[ -]?time(?:[ -]use)?|single[ -]use|1[ -]time|log[ -]?in|log[ -]?on|sign[ -]?in|sign[ -]?on|mfa|2fa|otp|otc',
  '(?:two|2|multi)[ -](?:factor|step)|secure|dynamic|portal access|account access|login access|identity check|unlock|unlocking|reset|challenge|resent|step[ -]?up|(?:account|password|login) recovery|device approval|(?:browser|phone|e-?mail|mobile) (?:registration|approval|confirmation|activation)',
)
const BETWEEN =
  '(?:[ -](?:access|security|secure|verification|authentication|validation|identification|sms|text|email|e-mail|login|sign-in|log-in|numeric|personal|online|temporary|use|pass|portal|account|web|website|\\d{1,2}[ -]?digit)){0,3}'
const NOUN = '(?:code|codes|passcode|passcodes|pin|pins|pincode|token|key|word|digits|phrase|string)'

/** Phrases that name a login code and nothing else. */
export const STRONG_CUE = new RegExp(
  any(
    `\\b${PURPOSE}${BETWEEN}[ -]${NOUN}\\b`,
    '\\b(?:one[ -]?time|single[ -]use|dynamic)[ -](?:security |login |access |temporary )?(?:pass ?word|password|token|key|pass|number|answer)s?\\b',
    '\\bverification (?:number|digits|no)\\b|\\baccess token\\b|\\botp\\b|\\botc\\b|\\bmtan\\b',
    '\\b(?:verification|authentication|auth|one[ -]time)(?=\\s?[:=#])|\\b(?:mfa|2fa)\\b(?=\\W{0,3}\\d)|\\bnip de (?:acceso|seguridad|verificacion)\\b',
    '\\b(?:code|codes|passcode|pin) (?:below |above |here |we sent |that follows )?(?:to|for|when you|so you can|so that you can) (?:\\w{1,12} ){0,3}(?:verify|verifying|verification|sign|signing|log|logging|login|authenticate|authentication|unlock|confirm|proceed|identity|reset)\\b',
    // French
    "\\bcodes? (?:unique |temporaire |numerique )?(?:de |d'|a |pour )(?:la |l'|votre )?(?:verification|validation|securite|connexion|authentification|identification|deverrouillage|deblocage|usage unique|utilisation unique|ouverture de session|identite|double authentification|reinitialisation|vous connecter|ouvrir (?:une |votre |la )?session)\\b",
    "\\bjetons? (?:de |d')(?:verification|validation|securite|connexion|authentification|acces)\\b",
    '\\bcodes? (?:a usage|d.utilisation) unique\\b|\\bcode (?:unique|temporaire|secret|otp|sms)\\b|\\bcode-securite\\b',
    '\\bmots? de passe (?:a usage unique|unique|dynamique)\\b|\\bnumero de verification\\b|\\bcle (?:de verification|temporaire|unique)\\b',
    "\\bnip (?:a usage unique|temporaire|unique|de verification|d'acces)\\b",
    // Spanish
    '\\bcodigos? (?:unico |temporal |numerico )?(?:de |para |por )(?:la |su |tu )?(?:verificacion|seguridad|un solo uso|uso unico|unica vez|autenticacion|identificacion|inicio de sesion|inicio|validacion|ingreso|iniciar sesion|verificar|acceder|ingresar|entrar|identidad|restablecimiento|desbloqueo|desbloquear)\\b|\\btokens? de (?:acceso|seguridad|verificacion|sesion)\\b',
    '\\bcodigo (?:unico|temporal|otp|secreto)\\b|\\bnumero de verificacion\\b',
    '\\bclave (?:de |para )?(?:un solo uso|uso unico|verificacion|temporal|dinamica|seguridad|unica|acceso)\\b',
    '\\bcontrasena (?:de |por )?(?:un solo uso|uso unico|unica|una sola vez|unica vez|dinamica)\\b|\\bpin (?:de acceso|de seguridad|temporal)\\b',
    // Other languages, for callers beyond North America
    '\\b(?:bestatigungs|sicherheits|verifizierungs|einmal|anmelde|freigabe|zugangs)-?(?:code|passwort|pin|kennwort)\\b|\\btan\\b',
    '\\bcodice (?:di |otp|temporaneo)|\\bcodigo de (?:verificacao|seguranca|acesso)\\b',
    '\\b(?:verificatie|beveiligings|inlog|toegangs)code\\b|\\b(?:verifierings|sakerhets|engangs|bekraftelse)(?:s)?kode?n?\\b',
    '\\bkod (?:weryfikacyjny|autoryzacyjny|potwierdzajacy)|\\b(?:dogrulama|onay|guvenlik) kodu\\b|\\bma xac (?:minh|thuc|nhan)\\b',
    '\\bkode (?:verifikasi|otp|keamanan)\\b|код (?:подтверждения|проверки|безопасности|доступа)|одноразовый',
    '验证码|驗證碼|校验码|动态码|动态密码|激活码|確認碼|认证码|認証コード|確認コード|인증 ?번호|인증 ?코드|رمز التحقق|رمز التأكيد|کد تایید|ओटीपी|קוד אימות|κωδικος επαληθευσης|รหัสยืนยัน',
  ),
  'g',
)

/** Words that may name a login code, if the sentence is not about something else. */
export const PLAIN_CUE =
  /\b(?:access|entry|activation|registration|temporary|temp|tmp) (?:codes?|pin|passcode|key)\b|\bkey ?codes?\b(?! lock)|\b(?:codes?|cle) d'acces\b|\b(?:codigo|clave) de acceso\b|\b(?:codes?|nip) d'(?:activation|inscription|enregistrement)\b|\b(?:pin|clave) de (?:activacion|registro|inscripcion)\b|\bcodigos? de (?:activacion|registro|inscripcion)\b|\b(?:codes?|passcodes?|pass codes?|codigos?|claves?|pins?|nip|kode|kod|codice|ma so)\b|код|пароль|代码|コード|코드|رمز|كود|کد|קוד|รหัส/g

/** Words that stand for a code where none is called one. */
export const VAGUE_CUE =
  /\b(?:log-?in|sign-?in|log-?on|sign-?on|verify|verif|verifica|connexion|authentification|autenticacion|autenticazione|inicio de sesion|acces temporaire|acceso temporal|reset|password (?:help|reset|assistance)|pw reset|2-step|two-step)(?=\s?[:=#]?\s?["'*([]?\d)|\b(?:this|following|magic|secret|special|unique|random|generated|matching|validation|session|login|sign-in|sign-on|log-in|log-on|access|portal|security|today's|(?:four|five|six|seven|eight|nine|ten|[4-9])[ -]?(?:digit|figure|character)?) (?:numbers?|digits|figures|secret|combination|sequence|characters|letters)\b|\b(?:asks?|asked|asking) (?:you )?for (?:a |the |some |six |four |\d )?(?:number|digits|word|figures?)\b|\b(?:numbers?|digits|characters) to (?:match|enter|type|use|give)\b|\bthe (?:digits|figures|characters|letters)(?=\s["'«“(]?(?:\d|[a-z]\d))|\b(?:verification|authentication)(?=\s\d)|\b(?:device|account|password|login|phone|e-?mail) (?:recovery|reset|unlock|approval|verification|validation)(?=\s?[:=#]\s?["'*([]?\d)|\b(?:password|passphrase|mot de passe|contrasena)(?= (?:is|est|es) ["'«“(]?\d)|\bthe answer\b|\bnumber (?:that |which )?(?:you (?:should|must|need to|have to|are to)|(?:the|our|this|your) (?:\w{1,12} ){1,3}(?:asks?|wants?|expects?|waits?|is waiting)) \w{1,10}|\bnumero (?:que (?:debe|tiene que|hay que|vous devez|l'on)|qu'il faut) \w{1,12}|\b(?:token|jeton|passkey)\b|\b(?:challenge|password|contrasena|mot de passe|llave|cle)(?=\s[a-z]{0,4}\d)|\b(?:passkey|token|challenge|password|contrasena|mot de passe|llave|cle|jeton|key)(?=\s?[:=\]]\s{0,40}["'*([]?[A-Za-z0-9])|\b(?:challenge|security) (?:response|check|answer)\b|\b(?:chiffre|nombre) magique\b|\bnumero magico\b|\b(?:etape|paso) (?:2|deux|dos)\b|\b(?:magic word|secret|key (?:to|for)|password for (?:today|this|the (?:session|login|next))|step (?:2|two))\b|\b(?:ce|le|les|ces|quatre|cinq|six|sept|huit) (?:nombre|chiffres|caracteres)(?: (?:suivants?|ci-dessous|secret))?\b|\bnumero (?:suivant|a (?:inscrire|saisir|entrer|taper|utiliser))\b|\b(?:este|siguiente|los|estos|cuatro|cinco|seis|siete|ocho) (?:numero|digitos|cifras|caracteres)\b|\bnumero (?:siguiente|secreto)\b/g

/** Confirmations: of a sign-in, or of a payment; passwords: for once, or for good. The rest of the message tells. */
export const DOUBTFUL_CUE =
  /\b(?:confirmation|conf\.?|authori[sz]ation|auth|approval|enrol{1,2}ment) (?:codes?|pin|passcode|key)\b|\bcodes? (?:de |d')(?:confirmation|autorisation)\b|\bcodigos? de (?:confirmacion|autorizacion|confirmacao)\b|\b(?:temporary|temp) (?:password|passphrase|pass)\b|\bmot de passe (?:temporaire|provisoire)\b|\b(?:contrasena|clave) (?:temporal|provisional)\b|\b(?:login|sign-in|verification|security|authentication) number\b|\bauth(?=\s?[:=#]?\s?["'*([]?\d)/g

/** Codes that are no login codes whatever surrounds them. */
export const OTHER_CODE = new RegExp(
  any(
    `\\b(?:${[
      'promo(?:tion|tional)?|coupon|discount|offer|voucher|gift(?: card)?|gift certificate|referral|refer a friend|rewards?|redemption|redeem|rebate|bonus|savings|sale|deal|checkout|membership|partner|affiliate|marketplace',
      'zip|postal|post|area|country|dial(?:ing)?|city|state|county|geo|fips|locator',
      'bar|qr|source|colou?r|hex|error|status|response|reason|exit|fault|trouble|diagnostic|alarm|return|building|fire|dress|plumbing|electrical|tax|labor|penal|municipal|conduct',
      'rate|tariff|pricing|rider|schedule|zone|product|item|part|model|batch|lot|sku|material|event|feeder|substation|circuit|transformer|cancellation|shipment|inspector|loyalty|member|subscriber|receipt|purchase|location|cost[ -]cent(?:er|re)|class|category|industry|naics|sic|mcc|gl|cost|budget|department|project|program|programme|plan|route|cycle|meter|read|premise|customer|client|branch|sort|swift|bank|routing|store|agent|dealer|vendor|supplier|employee|student|school|cvv|cvc|card|charge|billing|invoice|(?:tele)?phone|caller|calling|voice|pay|payer|appt|appointment|application|household|worker|reading|payment|transaction|order|tracking|booking|reservation|reference|report|biller|case|ticket|claim|file|survey|feedback|questionnaire|contest|sweepstakes|raffle|prize|winning',
      'gate|door|visit|playback|vend|bill|donation|visitor|tour|lobby|attendee|seat|hydrant|inspector|pledge|lock ?box|locker|pick-?up|delivery|collection|parking|garage|elevator|wi-?fi|guest|conference|meeting|webinar|participant|host|dial-in|join|bridge|flight|boarding|check-in|drawing|permit|inspection|switch|relay|outage|work|job|dispatch|crew|technician|backup|scratch|short|pairing|transfer|move|charger|charging|pairing|set-?up|homekit|installation|install|commissioning|programming|invitation|invite|group|team|community|parking validation|ticket validation|warranty|morse|machine|html|embed|designation|condition|currency|language|activity|comp|callback|call-back|volunteer|scan|stub|service order|key ?pad',
    ].join('|')})[ -](?:codes?|pins?|code number)\\b`,
    '\\b(?:promo|coupon|referral|qr|zip|postal)codes?\\b|\\bcvv2?\\b|\\bcvc\\b|\\bbarcodes?\\b|\\bpostcode\\b',
    '\\b(?:backup|recovery|scratch|emergency) (?:codes|keys|passcodes)\\b|\\bpin (?:number )?(?:for|on) your (?:debit|credit|bank|gift)\\b',
    '\\bcode of (?:conduct|ethics|regulations)\\b|\\b(?:national|state|city|municipal|administrative|health|safety|building|plumbing|fire) code\\b',
    '\\bcodes? (?:promo|promotionnels?|postal|postaux|barres?|a barres|qr|clients?|cadeau|tarifaire|tarif|rabais|fiscal|produit|erreur|regional|source|du travail|civil|penal|civique|couleur|de couleur|activite|permanent|utilisateur|abonne)\\b',
    "\\bcodes? (?:de |d'|du |de la |des )(?:reduction|remise|rabais|parrainage|reference|dossier|suivi|reservation|client|facture|facturation|commande|transaction|paiement|erreur|batiment|porte|sondage|conduite|produit|tarif|succursale|secteur|rue|conference|reunion|recuperation|secours|livraison|retrait|ramassage|stationnement|compteur|abonne|taxe|construction|lecture|releve|rendez-vous|demande)\\b",
    '\\bcodigos? (?:postal|postales|promocional|promocionales|qr|fiscal|tributario|tarifario|civil|penal|fuente)\\b',
    '\\bcodigos? de (?:descuento|cupon|barras|area|cliente|referencia|referido|reserva|reservacion|seguimiento|rastreo|error|tarifa|producto|pago|factura|pedido|transaccion|cita|visita|rebaja|reembolso|oferta|promocion|suministro|medidor|encuesta|conducta|pais|sucursal|zona|conferencia|reunion|recuperacion|entrega|retiro|puerta|edificio|regalo|caso|reporte|orden|impuesto|autorizacion de pago|confirmacion de pago)\\b',
    '\\b(?:confirmation|authori[sz]ation|approval) (?:code|number) (?:for|of) (?:your |this |the )?(?:payment|transaction|order|purchase|booking|reservation)\\b',
  ),
  'g',
)

/** What has a number that is no code. */
export const THING =
  '(?:account|acct|customer|client|subscriber|reg|lic|cert|case|ticket|order|work order|service order|invoice|bill|statement|reference|ref|confirmation|authori[sz]ation|approval|transaction|trans|payment|receipt|tracking|claim|request|service request|permit|premises?|meter|pole|contract|agreement|service agreement|policy|member|membership|serial|model|part|route|check|cheque|routing|card|license|licence|badge|employee|technician|vendor|supplier|po|purchase order|folio|file|docket|booking|reservation|registration|tax|gst|hst|qst|ein|business|store|unit|device|session|message|incident|outage|report|event|job|dispatch|appointment|phone|telephone|tel|fax|mobile|cell|toll[ -]free|extension|esi|pod|choice|service point|site|location|circuit|transformer|feeder|loan|enrollment|application|complaint|notice|document|form|shipment|package|parcel|flight|meeting|conference|webinar|student|user|agent|guest|billing|bank|debit|credit|social security|vehicle|plate|lot|batch|item|sku|product|tariff|rate|schedule|rider|section|rule|page|chapter|lease|tenant|property|tax id|taxpayer|gift card|roll|supplier|utility|legacy|old|previous)'

/** A noun with a word for number: what follows is that number, not a code. */
export const NUMBER_LABEL = new RegExp(
  any(
    `\\b${THING}[ .]{0,2}(?:numbers?\\b|num\\b\\.?|no\\b\\.?|nbr\\b\\.?|nr\\b\\.?|nos\\b\\.?|#|id\\b|n\\.?[°º]\\.?)`,
    `\\b(?:number|no|id) of (?:your )?${THING}\\b`,
    // Any "… number" but those that may be one's code.
    "\\b(?!(?:the|this|that|these|your|our|my|unique|random|generated|following|verification|validation|security|login|log-in|sign-in|magic|secret|access|portal|session|matching|time|special|four|five|six|seven|eight|digit|code|pin|random|new|right|correct|same|whole|full|above|below|next|entire|today's|and|with|enter|type|use|single|day|give|put|copy|lucky)\\b)[a-z]{3,20} (?:number|nbr)\\b",
    "\\bnumero (?:de |d'|del |de la |de l')(?!(?:verification|verificacion|validation|validacion|acceso|acces|seguridad|securite|connexion|identification|identificacion|ingreso)\\b)[a-z]{3,20}\\b",
    "\\b(?:numeros?|no|num|nro|n\\.?[°º])\\.? (?:de |d'|du |de la |de l'|de su |de tu |de votre |del |de los )?(?:cuenta|cliente|contrato|factura|medidor|contador|caso|reporte|orden|pedido|referencia|confirmacion|telefono|folio|servicio|suministro|transaccion|seguimiento|guia|aviso|autorizacion|expediente|poliza|recibo|pago|solicitud|registro|tarjeta|celular|movil|fax|serie|usuario|socio|empleado|compte|client|dossier|facture|contrat|compteur|reference|confirmation|telephone|commande|transaction|suivi|bon de travail|bon|demande|abonne|police|permis|cellulaire|serie|utilisateur|adresse|avis|panne|incident|employe|lieu|carte|recu|paiement|autorisation|tps|tvq|tvh|taxe|entreprise)\\b",
    '\\b(?:socio|cliente|cuenta|contrato|abonado|usuario|factura|compte|client|dossier|abonne|facture|contrat|reference) n\\.?[°ºo]\\.?',
    '\\b[a-z]{2,15} id\\b',
    '\\b(?:sign-?in|log-?in|log-?on|portal|user|screen|profile) ?name\\b|\\bnom d.utilisateur\\b|\\bnombre de usuario\\b',
    '\\b(?:meeting|conference|webinar|session|user|login|customer|agent|store|site|device|tracking|transaction|request|message|event|case|correlation|trace|campaign|job|reference) ?id\\b|\\bssn\\b|\\bvin\\b|\\bein\\b|\\bnif\\b|\\bsiret\\b',
  ),
  'g',
)

/** The same nouns without such a word; they bind only a number that follows at once. */
export const BARE_LABEL = new RegExp(
  any(
    '\\b(?:account|acct|a\\/c|statement|stmt|msg|stub|voucher|session|store|application|enrollment|error|fault|alarm|issue|customer|user|username|user name|login id|operator|subscriber|case|ticket|order|invoice|ref|reference|conf|confirmation|authorization|approval|meter|claim|po|suite|ste|unit|apt|apartment|room|floor|ext|extension|zip|route|hwy|highway|section|rule|act|chapter|version|build|release|lot|permit|serial|model|folio|docket|receipt|transaction|payment|(?<!\\bcode )(?<!\\bper your )request|premise|pole|contract|policy|member|job|wo|license|licence|badge|employee|technician|iso|rfc|ansi|ieee|article|schedule|tariff|rider|exhibit|appendix|index|item|notice|bulletin|circular|memo|alert|change|file|plan|project|sku|qty|quantity|year|fy|since|class of|outage|incident|event|report|circuit|feeder|transformer|substation|bldg|flight|reading|balance|total|subtotal|points|score|hydrant|lane|booth|hall|locker|zone|district|precinct|loan|cheque|card|visa|mastercard|amex|passport|resolution|reward|rewards)\\b\\.?',
    '\\b(?:fax|tel|telephone|phone|mobile|cell|celular|telefono|courriel|telecopieur)\\b\\.?(?=\\s?[:#(])',
    '\\b(?:identifiant|nom d.utilisateur|utilisateur|compte|facture|dossier|commande|contrat|compteur|bureau|bur|poste|casier|case postale|c\\.?p\\.?|bp|appartement|etage|telecopie|reglement|loi|annee|depuis|bon(?: de (?:travail|commande|livraison))?|avis|panne|borne|releve|consommation|solde|carte|recu|tps|tvq|tvh)\\b\\.?',
    '\\b(?:usuario|nombre de usuario|cuenta|factura|medidor|contrato|referencia|pedido|caso|reporte|orden(?: de (?:trabajo|servicio|compra))?|recibo|oficina|piso|apartado|apto|lectura|consumo|saldo|ano|desde|ley|reglamento|articulo|tarjeta|suministro|aviso|guia|solicitud|confirmacion|autorizacion|transaccion|turno|folio)\\b\\.?',
  ),
  'g',
)

/** Commands that are followed by what is to be typed. */
export const COMMAND =
  /\b(?:enter|type|typing|use|using|input|key in|tap in|provide|submit|copy|paste|entering|try|punch in|fill in|put in|put|write|answer|answer with|give|insert|state|say|read out|supply|respond with|saisir|saisissez|saisissant|entrant|tapant|inscrivant|utilisant|escribiendo|usando|entrer|entrez|tapez|taper|utilisez|utiliser|inscrivez|inscrire|composez|copiez|ecrivez|indiquez|fournissez|donnez|mettez|mets|tape|rentre[rz]?|inscris|reportez|reporter|inserez|inserer|entre|ingrese|ingresa|ingresar|ingresando|introduzca|introduce|introducir|introduciendo|use|usa|usar|utilice|utiliza|escriba|escribe|escribir|digite|digita|digitar|teclee|teclea|teclear|capture|coloque|pegue|copie|copia|ponga|pon|anote|anota|proporcione)\b/g

/** What typing a login code is good for. */
export const SIGN_IN =
  /\b(?:unlock (?:it|the|your|this|with)|account (?:is |was |has been )?locked|confirm(?:ez|er) votre (?:adresse|courriel|numero|cellulaire|compte|identite)|confirm(?:e|a|ar) (?:su|tu) (?:correo|numero|celular|cuenta|identidad)|sign(?:ing|s)? ?(?:you )?(?:in|on|-in)|signin|log(?:ging|s)? ?(?:you )?(?:in|on|-in)|login|verify(?:ing)?|verification|authenticat\w{1,5}|validate your (?:[\w&.'-]{1,15} ){0,3}(?:e-?mail|phone|number|account|identity)|confirm (?:it's|it is|that it's|your (?:new |mobile |cell |phone )?(?:identity|e-?mail|phone|number|mobile|cell|device|login)|you)|forg[oe]t(?:ten)? (?:your|the) (?:[\w&.'-]{1,15} ){0,3}(?:password|pin)|(?:change|reset|choose|set|new) (?:your|a|the) (?:[\w&.'-]{1,15} ){0,3}(?:password|pin)|it's (?:really )?you|it is (?:really )?you|who you are|your identity|identity|two-step|2-step|two-factor|multi-factor|mfa|2fa|one[ -]time|trusted device|new device|unknown device|connexion|connect(?:er|ez)|identifiez|acced(?:a|e) con|ouvrir (?:une |votre )?session|ouverture de session|vous identifier|identite|authentifi\w{1,7}|verifi\w{1,7}|inici(?:ar|a|e|ando) (?:la )?sesion|inicio de sesion|acceder|identidad|autentic\w{1,6}|verific\w{1,6}|ingresar|go on|continue|continuer|poursuivre|finish(?:ing)? (?:signing|logging|up|your login|your sign)|two steps?|second (?:step|factor|password)|(?:second|deuxieme) facteur|segundo factor|deux etapes|dos pasos|prove (?:it|that|who)|identification|c'est (?:bien )?vous|que c'est vous|(?:que |si )?(?:es|sea) usted|eres tu|contrasena|mot de passe|(?:para|de) (?:entrar|terminar|seguir|acceder|ingresar)|pour (?:entrer|terminer|finir|acceder)|reset your password|new password|log you (?:in|on)|\blet (?:you |them |me )?in\b|\bwants? in(?:to)?\b|\bget (?:you )?(?:back )?in\b|sign you in|proceed|continuar)\b/
/** Where on a page it is typed. */
export const INPUT_PLACE =
  /\b(?:field|box|blank|prompt|form|log-?in page|sign-in page|web page|website|web site|site|screen|window|portal|app|appli|champ|case|fenetre|ecran|page|formulaire|campo|casilla|pantalla|ventana|recuadro|pagina|sitio)\b/
/** What a code does, said after it: "482913 signs you in", "482913 is what you need". */
export const ROLE_AFTER =
  /^["'»”)\]*]{0,2}(?: (?:(?:can|may|should|must) be used )?(?:to|pour|para) (?:sign|log|verify|authenticate|vous connecter|verifier|iniciar|verificar|entrar)\b|: (?:to )?(?:log|sign)[ -]?(?:in|on)\b|(?: - |, | )?(?:(?:that|this|it|which|c'est|eso)(?:'s| is)? (?:all|what|everything) (?:you|it|we)|(?:will |to |it |is what |is all |that |which )?(?:signs?|logs?|gets?|lets?|brings?|takes?) you (?:back )?(?:in|into|on|through|past|sign|log|continue|go|see|finish|reach|choose|reset|set|pick|change|open|enter)|is (?:what|all|the one|everything) (?:you|we|the)|(?:will |it )?(?:unlocks?|opens?|proves?|confirms?|verif(?:y|ies)|authenticates?|completes?|finishes) (?:your|the|this|that|it|you|my|access|who)|does (?:it|the job|the trick)|is (?:the )?(?:answer|number|combination|word) (?:you|we|to|for)|(?:vous )?(?:permet|permettra|donne|ouvre|ouvrira|confirme|confirmera)\b|est (?:ce|celui|tout ce)|(?:le |te |lo )?(?:permite|permitira|abre|abrira|confirma|confirmara|da acceso|dara acceso)\b|es (?:lo que|el que|todo lo)))/
/** "Yours is", "the one you asked for is": stands for a code named before. */
export const PRONOUN_BEFORE =
  /\b(?:yours?|it|this|here it is|here is yours|(?:the |your )?(?:new |latest |current |right |real )?one(?: (?:that )?(?:you|we|it) (?:just )?(?:asked for|requested|need|needs|want|wanted|sent|are sending|wants?|made)| (?:that|which) (?:works|counts|is good|is valid|matters)| to (?:use|type|enter))?|they|these|those|(?:these|those|they) are (?:the )?ones?|it's|c'est|es|le votre|la votre|le voici|la voici|voici|celui-ci|le nouveau|le bon|el suyo|la suya|el tuyo|la tuya|este|esta|aqui esta|aqui tiene|el nuevo|la nueva)(?: (?:is|est|es|sera))?\s?[:=-]?\s?["'«“(*]?$/

const NUMBER_WORD =
  'a|an|one|two|three|five|ten|fifteen|twenty|thirty|sixty|une?|deux|trois|cinq|dix|quinze|vingt|trente|uno?|una|dos|tres|cinco|diez|quince|veinte|treinta'
const TIME_UNIT =
  '(?:min(?:ute|uto)?s?|mn|m|h(?:ou)?rs?|heures?|horas?|h|sec(?:ond|onde)?s?|segundos?|days?|jours?|dias?)'
/** "expires in 10 minutes", "valide pendant 15 min", "valido por una hora". */
export const LIFETIME = new RegExp(
  `\\b(?:expir\\w{0,7}|val\\.|valid\\w{0,3}|valable|void|good|active|activo|works?|working|lasts?|usable|use it|enter it|within|have|vence|caduca\\w{0,3}|vigente|vigencia|stops? working|fonctionne|sirve|dure|dura|delai|pendant|durante)\\b[^.\\n\\d]{0,48}?\\b(?!\\d\\d{1,2}[ -]?(?:day|jour|dia))(\\d{1,3}|${NUMBER_WORD})[ -]{0,2}${TIME_UNIT}\\b|\\b(\\d{1,3}|${NUMBER_WORD})[ -]{0,2}${TIME_UNIT}\\b[^.\\n\\d]{0,20}\\b(?:before it expires|until it expires|to (?:use|enter)|pour (?:saisir|utiliser|l'entrer)|para (?:usar|ingresar|introducir))`,
)
/** "Expires at 3:05 PM", "valide jusqu'à 11 h 05" */
export const DEADLINE =
  /\b(?:expir\w{0,7}|val\.|valid\w{0,3}|valable|good|use it|enter it|works?|vence|caduca\w{0,3}|vigente)(?: (?:only|on|at|by|before|until|till|thru|through|jusqu'a|avant|a|las|hasta|antes|de|les)){0,3}:? \d{1,2}(?:\s?[:h]\s?\d\d|\s?[ap]\.?m\b)/
export const KEEP_SECRET =
  /\b(?:do not|don't|dont|never|won't|will not|will never|not) (?:\w{1,12} ){0,3}(?:share|give|disclose|forward|tell|reveal|ask|text|send)\b|\bne (?:\w{1,10} ){0,2}(?:partagez|communiquez|divulguez|transmettez|donnez|transferez|revelez|demanderons)\b|\bn[eo] (?:lo |la |le |se |este |el )?(?:comparta|compartas|compartir|revele|reveles|divulgue|entregue|reenvie|diga|des)\b|\bnunca (?:\w{1,10} ){0,3}(?:comparta|compartas|pediremos|solicitaremos|revele)\b|\bkeep (?:it|this) (?:secret|private|confidential|to yourself)/
export const NOT_YOU =
  /\bif (?:you|this) (?:did not|didn't|have not|haven't|do not|don't|was not|wasn't|were not|weren't|are not|aren't) (?:\w{1,12} ){0,3}(?:request|ask|initiate|try|trying|make|sign|log|attempt|expect|recogni[sz]e|want|need|you)|\b(?:not|wasn't) you\s?\?|\bdidn't (?:request|ask|try|sign|log)|\bsi (?:vous )?(?:n'avez|n'etes|ce n'etait|ce n'est|vous n)|\b(?:pas|vous n'avez pas) demande|\bsi (?:usted )?no (?:solicit\w{1,5}|ha|has|pidi\w{1,4}|fue|fuiste|intent\w{1,5}|reconoce\w{0,2}|realiz\w{1,4}|esta|estas|lo)/
