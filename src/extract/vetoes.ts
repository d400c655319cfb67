import { isDate, isPhone } from './dates-and-phones.ts'
import type { Sighting } from './shapes.ts'

/** Where a sighting stands: the text of its line before and after it, as written and folded. */
export type Surroundings = {
  readonly before: string
  readonly after: string
  readonly foldedBefore: string
  readonly foldedAfter: string
  /** The line below, folded. */
  readonly nextLine: string
  readonly inSubject: boolean
  /** The line above, folded. */
  readonly previousLine: string
}

type Veto = { readonly why: string; readonly applies: (s: Sighting, at: Surroundings) => boolean }

const MONTH =
  '(?:jan(?:uary|vier)?|ene(?:ro)?|feb(?:ruary|rero)?|fevr?(?:ier)?|mar(?:ch|s|zo)?|apr(?:il)?|avr(?:il)?|abr(?:il)?|may|mai|mayo|june?|juin|junio|july?|juillet|juil|julio|aug(?:ust)?|aout|ago(?:sto)?|sept?(?:ember|embre|iembre)?|oct(?:ober|obre|ubre)?|nov(?:ember|embre|iembre)?|dec(?:ember|embre)?|dic(?:iembre)?)'
const MONTH_BEFORE_YEAR = new RegExp(
  `\\b${MONTH}\\.?,?\\s(?:\\d{1,2}(?:st|nd|rd|th|er)?,?\\s|(?:de|del)\\s)?$`,
)
const MONTH_AT_END = new RegExp(`${MONTH}\\.?,?\\s(?:de\\s|del\\s)?$`)
const MONTH_AFTER = new RegExp(`^\\s(?:de\\s)?${MONTH}\\b`)
const UNIT =
  /^\s?(?:kwh?|mwh?|watts?|volts?|amps?|therms?|ccf|hcf|mcf|cf|gal(?:lons?|ones)?|btus?|mmbtu|dth|m3|m³|m²|gj|mj|°|degrees|feet|foot|ft|sq|square|miles?|km|kilometers|acres|lbs?|pounds?|kg|tons?|tonnes?|points?|pts|customers?|homes?|households?|businesses|clients|abonnes|clientes|hogares|people|persons?|members|employees|residents|units?|days?|hours?|hrs?|minutes?|mins?|seconds?|secs?|heures?|jours?|horas?|dias?|minutos?|segundos|years?|yrs|ans|annees|anos|months?|mois|meses|weeks?|characters?|caracteres|digits?|chiffres?|digitos?|letters|times|px|pixels|mg|gb|mb|kb|votes?|stars?|reviews?|trees|percent|per ?cent|pour cent|por ciento|dollars?|pesos|cents?|euros?|usd|cad|eur|mxn|copies|words|p\.?m\b|a\.?m\b|litres?|liters?|litros?|metres?|meters?|metros?)\b/
/** A big number with what it counts on the line below. */
const COUNTED_BELOW =
  /^(?:kwh|therms|points|customers|homes|households|people|members|residents|trees|miles|gallons|clients|foyers|abonnes|clientes|hogares|personas|arboles) [a-z]/
const STREET =
  /^,? {0,2}(?:[NSEW]\.?[NSEW]?\.? |North |South |East |West )?(?:(?:[A-Z][\w.'-]{0,20}|\d{1,3}(?:st|nd|rd|th)) ){1,4}(?:St|Street|Ave|Avenue|Rd|Road|Blvd|Boulevard|Dr|Drive|Ln|Lane|Way|Ct|Court|Pl|Place|Plaza|Plz|Pkwy|Parkway|Hwy|Highway|Sq|Square|Ter|Terrace|Cir|Circle|Trl|Trail|Broadway|Row|Center|Centre|Tower|Building|Loop|Pike|Turnpike|Expy|Expressway|Crescent|Cres)\b/
/** A ZIP that follows a street without a state. */
const STREET_END = /\b(?:St|Street|Ave|Avenue|Rd|Road|Blvd|Dr|Drive|Ln|Lane|Way|Ct|Pl|Pkwy|Hwy)\.?,\s$/
const FOREIGN_STREET =
  /^,? {0,2}(?:rue|boul|boulevard|bd|av|ave|avenue|chemin|ch|route|place|rang|cote|montee|allee|quai|impasse|broadway|main st)\b/
const SPANISH_STREET =
  /\b(?:calle|avenida|avda?\.?|carrera|carretera|paseo|blvd\.?|colonia|col\.)\s[\w .']{0,30}$/
const STATES =
  'A[LKZR]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|P[AR]|RI|S[CD]|T[NX]|UT|V[AIT]|W[AIVY]|AB|BC|MB|NB|NL|NS|ON|PE|QC|SK'
const STATE_ZIP = new RegExp(
  `(?:\\b(?:${STATES})\\.?|\\b(?:Alabama|Alaska|Arizona|Arkansas|California|Colorado|Connecticut|Delaware|Florida|Georgia|Hawaii|Idaho|Illinois|Indiana|Iowa|Kansas|Kentucky|Louisiana|Maine|Maryland|Massachusetts|Michigan|Minnesota|Mississippi|Missouri|Montana|Nebraska|Nevada|New (?:Hampshire|Jersey|Mexico|York)|(?:North|South) (?:Carolina|Dakota)|Ohio|Oklahoma|Oregon|Pennsylvania|Rhode Island|Tennessee|Texas|Utah|Vermont|Virginia|Washington|Wisconsin|Wyoming|D\\.C\\.))[,.]?[ \\t]{1,3}$`,
)
const isYear = (code: string): boolean => /^(?:19|20)\d\d$/.test(code)
/** "until 0630", "closes 1630" */
const SINCE_OR_UNTIL =
  /\b(?:after|before|until|till|since|between|closes?|opens?|closed|(?:not )?later than|jusqu'a|apres|avant|a partir de|hasta|despues de|antes de)(?: at| a| las)?\s$/
const isClock = (code: string): boolean => /^(?:[01]\d|2[0-3])[0-5]\d$/.test(code)

/** "A real message looks like this: …", "This is a sample. …" in front, within the line. */
const SAMPLE =
  /(?<![.@\w-])(?:examples?|samples?|specimen|exemples?|ejemplos?|muestra)\b(?! (?:domain|electric|energy|gas|water|power|utilit\w+))[^\n]{0,80}$|\blooks? like (?:this|so)\b[^\n]{0,60}$|\bressemble a (?:ceci|cela)\b[^\n]{0,60}$|\bse ve asi\b[^\n]{0,60}$|\b(?:if|when|should) (?:any|some)(?:one|body) (?:ever )?(?:asks?|wants|requests)\b[^.\n]{0,40}$/
/** What people write who need some number, in quotation marks. */
const COUNTED_UP = /^(?:1234(?:5(?:6(?:7(?:8)?)?)?)?|(\d)\1{3,7})$/
/** Warnings that quote what a swindler writes. */
const SCAM =
  /\b(?:scam\w{0,5}|fraud\w{0,8}|phishing|fake|imposters?|impostors?|impersonat\w{1,5}|(?:posing|poses?|pretend\w{0,3}|claim(?:s|ing)?) (?:as|to be)|se fai(?:t|sant) passer|se font passer|se hacen? pasar|haciendose pasar|swindler\w?|arnaque\w{0,3}|fraude\w{0,2}|hameconnage|estafa\w{0,4}|falso\w?)\b/

/** Outsides that no context turns into a code. */
export const VETOES: readonly Veto[] = [
  {
    why: 'is whom a text came from or went to',
    applies: (_, { foldedBefore }) => /^\s*(?:from|to|sender|recipient)\s?:\s*$/.test(foldedBefore),
  },
  {
    why: 'is an amount of money',
    applies: (_, { before, after, foldedBefore }) =>
      /[$€£¥¢₡₱]\s?$/.test(before) ||
      (/\b(?:usd|cad|eur|mxn|us|rs|inr|dollars?|amount|montant|monto|total|balance|solde|saldo)[.:]?\s?$/.test(
        foldedBefore,
      ) &&
        /^[.,]\d\d\b/.test(after)) ||
      /\b(?:usd|cad|eur|mxn|inr|rs\.?)\s?$/.test(foldedBefore) ||
      /^\s?[$€£¥¢](?!\w)/.test(after),
  },
  { why: 'is a percentage', applies: (_, { after }) => /^\s?%/.test(after) },
  {
    why: 'is a count or a measure',
    applies: (s, at) =>
      s.shape === 'digits' &&
      (UNIT.test(at.foldedAfter) || (at.foldedAfter.trim() === '' && COUNTED_BELOW.test(at.nextLine))),
  },
  {
    why: 'is part of a date',
    applies: (s, { foldedBefore, foldedAfter }) =>
      (isYear(s.code) && MONTH_BEFORE_YEAR.test(foldedBefore)) ||
      (isYear(s.code) &&
        /\d{1,2}\s(?:de\s)?\w{3,10}\.?,?\s(?:de\s|del\s)?$/.test(foldedBefore) &&
        MONTH_AT_END.test(foldedBefore)) ||
      (/^(?:19|20)\d{6}$/.test(s.code) &&
        /^..(?:\d\d)(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])$/.test(s.code) &&
        s.shape !== 'digits') ||
      (s.code.length <= 4 && MONTH_AFTER.test(foldedAfter)) ||
      (/^\d{6,8}$/.test(s.code) && /^(?:\d{2,4}[-.]){2}\d{2,4}$/.test(s.shown) && isDate(s.shown)),
  },
  {
    why: 'is a span of years',
    applies: (s, { before, after }) =>
      (isYear(s.code.slice(0, 4)) && isYear(s.code.slice(4))) ||
      (isYear(s.code) &&
        (/(?:19|20)\d\d\s?[-/]\s?$/.test(before) || /^\s?[-/]\s?(?:19|20)?\d\d\b/.test(after))),
  },
  {
    why: 'is a copyright year',
    applies: (s, { foldedBefore }) =>
      isYear(s.code) &&
      /(?:©|\(c\)|copyright|all rights reserved|droits reserves)[^\d]{0,12}(?:\d{4}\s?[-,]\s?)?$/.test(
        foldedBefore,
      ),
  },
  {
    why: 'is a time of day',
    applies: (s, { foldedBefore, foldedAfter }) =>
      (s.shown.length === 9 &&
        s.shown[4] === '-' &&
        isClock(s.code.slice(0, 4)) &&
        isClock(s.code.slice(4))) ||
      (isClock(s.code) &&
        /^\s?(?:hours|hrs|h\b|utc|gmt|est|edt|pst|pdt|cst|cdt|mst|mdt|z\b)/.test(foldedAfter)) ||
      (isClock(s.code) && /\d{4}\s?(?:-|to|a)\s?$/.test(foldedBefore)) ||
      (isClock(s.code) &&
        s.shape === 'digits' &&
        (SINCE_OR_UNTIL.test(foldedBefore) ||
          /^\s?(?:-|to|a|until)\s?(?:[01]\d|2[0-3])[0-5]\d\b/.test(foldedAfter))),
  },
  { why: 'is a phone number', applies: isPhone },
  {
    why: 'is a tag in front of the subject',
    applies: ({ shown }, { inSubject, before, after }) => {
      const open = /\[([^\][]*)$/.exec(before)
      return inSubject && open !== null && /^[^\][]*\]/.test(after) && /[\p{L}#]/u.test(open[1] + shown)
    },
  },
  {
    why: 'is where a message was sent to',
    applies: (_, { foldedBefore }) =>
      /\b(?:sent|send|texted|mailed|e-?mailed|envoye[es]{0,2}|envio|enviado|enviada|enviamos|mando|mandamos)\b[^.\n\d:]{0,40}\b(?:to|au|al)(?: (?:the |your )?(?:number|phone|numero))?\s$/.test(
        foldedBefore,
      ),
  },
  {
    why: 'is said not to be one',
    applies: (_, { foldedAfter }) =>
      /^["'»”)]{0,2},? (?:is not|isn't|was not|wasn't|n'est pas|no es) (?:an?|the|your|our|one|le|la|un|une|votre|el|su|tu|what|it|ce|lo)\b/.test(
        foldedAfter,
      ),
  },
  { why: 'is dialled on a phone', applies: (_, { after }) => /^\s?#(?!\w)/.test(after) },
  {
    why: 'is printed on something',
    applies: (_, { foldedAfter }) =>
      /^,? (?:(?:that|which|qui|que) )?(?:is |are |est |esta )?(?:printed|embossed|engraved|imprime[es]?|impres[oa]s?) /.test(
        foldedAfter,
      ),
  },
  {
    why: 'is what something was filed under',
    applies: (_, { foldedBefore }) =>
      /\b(?:recorded|registered|filed|listed|logged|known|stored|enregistree?|inscrite?|registrad[oa]|guardad[oa])(?: \w{1,12}){0,2} (?:as|under|sous|comme|como|bajo)(?: (?:number|no|the|le|el))?\s$/.test(
        foldedBefore,
      ),
  },
  {
    why: 'is quoted from another message',
    applies: (_, { before, after }) =>
      /["“«](?:(?:[\p{L}'’&.-]{1,20}|\d{1,2})[:,]? ){3,16}[^"”»]{0,30}$/u.test(before) &&
      /^[^"“«]{0,80}["”»]/.test(after) &&
      // Whoever passes it on may quote the whole of it: `the gas company sent: "…"`.
      !(/:\s?["“«][^"“«]*$/.test(before) && /^[^"“«]{0,80}["”»]\W*$/.test(after)),
  },
  {
    why: 'is a number to text to, not one to type',
    applies: (s, { foldedBefore }) =>
      s.shape === 'digits' &&
      /\b(?:stop|help|end|quit|out|info|yes|oui|si|arret|aide|alto|ayuda|text|txt|reply|send|sms|message|msg|textez|envoyez|repondez|envia|envie|responda|mensaje)\b[^.\n\d]{0,30}\b(?:to|au|a|al|from|de)\b:?\s?$/.test(
        foldedBefore,
      ),
  },
  {
    why: 'is the number that messages come from',
    applies: (s, { foldedBefore, foldedAfter }) =>
      (s.shape !== 'letters and digits' &&
        /\b(?:from|desde|provenant du?|de la part du?|(?:viennent|arrivent|proviennent|llegan|vienen|provienen)(?: \w{1,12})? del?|(?:viennent|arrivent|proviennent)(?: \w{1,12})? du)\s$/.test(
          foldedBefore,
        )) ||
      /^ (?:as|to|in|comme|como|a|dans|en) (?:a |an |your |vos |sus |mis |un )?(?:new )?contact/.test(
        foldedAfter,
      ),
  },
  {
    why: 'stands in a postal address',
    applies: (s, { before, after, foldedBefore, foldedAfter }) =>
      (/^\d{5}(?:\d{4})?$/.test(s.code) && (STATE_ZIP.test(before) || STREET_END.test(before))) ||
      /\b(?:p\.? ?o\.? box|box|b\.?p\.?|c\.?p\.?|case postale|casier postal|apartado(?: postal)?|suite|ste\.?|unit|apt\.?|floor|room|rm\.?|bureau|mail ?stop|m\/s|dept\.?|mail code)\s?#?:?\s?$/.test(
        foldedBefore,
      ) ||
      STREET.test(after) ||
      FOREIGN_STREET.test(foldedAfter) ||
      SPANISH_STREET.test(foldedBefore),
  },
  {
    why: 'is the end of a hidden number',
    applies: (_, { before, after }) =>
      // `**482913**` is bold in Markdown.
      !(/\*\*$/.test(before) && /^\*\*/.test(after)) &&
      // And `** 482913` a heading.
      !/^\*{1,3} $/.test(before) &&
      (/(?:[*•·●∙…#]{2,}|\b[xX]{2,}|\.{3,}|…)[\s-]{0,2}$/.test(before) ||
        /^(?:[*•●]{2,}|[xX]{2,})/.test(after)),
  },
  {
    why: 'is the end of an account or card number',
    applies: (_, { foldedBefore }) =>
      /\b(?:ending|ends|end|ended|finishing|last (?:four|4|three|3)(?: digits)?|terminant|termine|finissant|se terminant|terminad[oa]|termina|finaliza(?:do|da)?|ultimos (?:4|cuatro)(?: digitos)?|derniers chiffres)(?: (?:in|with|by|of|is|are|en|par|con|de|son|sont))?[: ]{0,2}$/.test(
        foldedBefore,
      ),
  },
  {
    why: 'is a version or a standard',
    applies: (s, { before, foldedBefore }) =>
      /\b(?:version|ver\.?|release|build|ios|android|windows|chrome|firefox|safari|edge|outlook|office|iso|rfc|soc|nist|ieee|ansi|form|section|article|rule|act|bill|chapter|part|title|ordinance|resolution|regulation|schedule|tariff|rider|sheet|model|faq|(?:see|on|at) pages?|route|rte|highway|hwy|interstate|exit)\s?(?:no\.?|n°|#)?\s?$/.test(
        foldedBefore,
      ) ||
      (/\b[vV]$/.test(before) && s.shape === 'digits'),
  },
  {
    why: 'is an example',
    applies: (s, { foldedBefore, before, after, previousLine }) =>
      SAMPLE.test(foldedBefore) ||
      (COUNTED_UP.test(s.code) && /["“«][^"”»]{0,80}$/.test(before)) ||
      (/["“«]/.test(before) && SAMPLE.test(previousLine)) ||
      (SCAM.test(foldedBefore) &&
        /["“«'‘][^"”»]{0,100}$/.test(before) &&
        /^[^"“«]{0,100}["”»'’]/.test(after)) ||
      /(?:\be\.?g\.?,?|\bi\.e\.,?|(?<![.@\w-])example:?|\bfor instance,?|\bsuch as|\blike|\blooks like(?: this)?:?|\bpar exemple,?|\bp\. ?ex\.,?|\bpor ejemplo:?,?|\btel que|\bcomo)\s?["'(«“]?$/.test(
        foldedBefore,
      ),
  },
]
