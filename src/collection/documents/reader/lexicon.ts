import type { BillField } from '../../../domain/bill.ts'

/*
 * What bills call things, in English and French, folded. A label is a whole cell, or the start of one that its value
 * completes: "Amount due" is one, "Amount due on previous statement" is not. Earlier entries are stronger: where
 * they found something, later ones are not asked.
 */

const NUMBER = '(?: ?(?:numbers?|num\\.?|nos?\\.?|nbr\\.?|#|id))'
const NUMERO = '(?:numero|num\\.?|no\\.?|nos\\.?)'
const NOW = '(?: (?:now|today|(?:in )?this (?:month|bill|(?:billing )?period|statement)|actuel(?:le)?))?'
const SERVICE = '(?:electric(?:ity)?|natural gas|gas|water|energy|power|kwh|utility)'

/** Before any label. */
export const OPENING = "(?:(?:your|the|votre|vos|le|la|l')[ ]?)?"

export const LABELS: Readonly<Record<BillField, readonly string[]>> = {
  accountNumber: [
    `(?:(?:customer|utility|service|billing|${SERVICE}) )?(?:account|acct\\.?|a/c)${NUMBER}?`,
    `${NUMERO} (?:de |du )?compte|compte(?: ${NUMERO})?`,
    `(?:customer|client|member|contract)${NUMBER}|${NUMERO} (?:de |d')?(?:client|abonne|contrat|dossier)`,
  ],
  billDate: [
    '(?:bill(?:ing)?|statement|invoice|issue)(?: issue)? date|date (?:of (?:bill|invoice|issue)|billed|issued|mailed|prepared)',
    "date (?:de |d')(?:la )?(?:facture|facturation|emission|envoi)",
    '(?:this )?(?:bill|statement|invoice) (?:is |was )?(?:issued|prepared|mailed)(?: on)?|billed on|issued(?: on)?|(?:facture )?emise le|facture du',
  ],
  dueDate: [
    '(?:payment |bill )?due date|date due|payment due(?: (?:by|on|date))?|(?:please )?pay(?:ment)? by|due (?:by|on)',
    "date (?:d'|limite d')echeance|date limite(?: de paiement)?|echeance|(?:a payer|payable|paiement exigible)(?: au plus tard)?(?: le| avant le)",
    "(?:total |net )?amount due(?: (?:by|on))?|when is it due[?]|(?:montant|total|solde) a payer (?:avant|d'ici|au plus tard) le",
  ],
  amountDue: [
    `(?:total |net )?amount (?:now )?(?:due|owing|payable)${NOW}|total (?:amount )?(?:due|owing|payable)${NOW}`,
    `(?:montant|total|solde) (?:total )?(?:a payer|du|exigible)${NOW}|(?:net )?a payer`,
    `(?:please )?pay this amount|(?:total |current |account )?balance due${NOW}|total balance|amount to pay|(?:total )?amount you owe|what do i owe[?]`,
  ],
  serviceAddress: [
    'service (?:address|location|for|at|to|provided (?:at|to)|delivered (?:at|to))|(?:address|location) of service|premises?(?: address)?|property address',
    '(?:adresse|lieu|endroit) (?:du |de |de la )?(?:service|consommation|livraison)|adresse desservie|service a',
  ],
  meterNumber: [
    `(?:${SERVICE} )?meter${NUMBER}?(?: badge)?|meter serial${NUMBER}?`,
    `${NUMERO} (?:de |du )?compteur|compteur(?: ${NUMERO})?`,
  ],
  periodFrom: [
    '(?:service |billing )?(?:period )?from|(?:service|period) start(?: date)?|start date|du|debut(?: de la)?(?: periode)?',
  ],
  periodTo: [
    '(?:service |billing )?(?:period )?(?:to|through)|(?:service|period) end(?: date)?|end date|au|fin(?: de la)?(?: periode)?',
  ],
  days: [
    '(?:(?:number|no\\.?|#) of )?(?:billing |service )?days(?: (?:billed|of service|in (?:the )?(?:billing )?(?:period|cycle)))?|nombre de jours|jours(?: factures)?',
  ],
  usage: [
    `total (?:(?:billed|metered|${SERVICE}) )?(?:usage|use|consumption)${NOW}|consommation totale|total (?:kwhr?s?|therms|ccf|energy)(?: used)?`,
    `(?:(?:${SERVICE}|billed|metered|current|actual|period|your) )*(?:usage|use|used|consumption|consumed)${NOW}|(?:${SERVICE} )?(?:(?:you|kwhr?s?|therms|ccf|gallons|m3) )+used${NOW}`,
    "(?:consommation|energie|electricite|gaz|eau|volume|quantite)(?: (?:totale?|d'electricite|de gaz|d'eau))?(?: (?:facturee?|mesuree?|consommee?|utilisee?))?(?: (?:kwh|m3))?",
  ],
  demand: [
    '(?:(?:maximum|max\\.?|peak|billed|billing|metered|measured|actual|on-peak) )*demand|kw demand|billed kw|demand kw',
    'puissance (?:maximale|facturee|a facturer|reelle)?(?: ?appelee)?|appel de puissance',
  ],
}

/** Lines with these are about other months, averages, prices or parts: no usage of this bill. */
export const NOT_THIS_USAGE =
  /\b(?:average|avg|daily|per day|last|previous|prior|year ago|a year|same|compar\w+|history|tier|block|baseline|step|first|next|remaining|estimated? annual|budget|projected|forecast|credit|rate|charges?|moyenne?|quotidien\w*|par jour|precedente?s?|derniere?|meme|il y a|an passe|historique|tranche|premiers|restants|tarif|frais|estimation|prevue?)\b|@|¢|\$/

/** Ranges of dates in such a line are not the period of this bill. */
export const NOT_THIS_PERIOD =
  /\b(?:last (?:year|month|period)|previous|prior|year ago|same period|rates? (?:effective|in effect)|budget|next|precedente?|meme periode|il y a|an (?:passe|dernier)|prochaine?)\b/
