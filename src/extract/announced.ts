import type { Place } from './place.ts'
import type { Sighting } from './shapes.ts'

/** Whether what stands before it says "what follows is the code": letters need that, being words otherwise. */
export function isAnnounced(s: Sighting, place: Place): boolean {
  if (place.alone || place.aloneInCell) return true
  if (
    isUnpronounceable(s.code) &&
    /\b(?:code|passcode|pin|clave|codigo|token|key)\s$/.test(place.foldedBefore)
  )
    return true
  return (
    /(?:[:=>]|\b(?:is|est|es|enter|type|use|tapez|saisissez|entrez|ingrese|escriba|introduzca))\s?["'«“(*]{0,2}$/.test(
      place.foldedBefore,
    ) || /^["'»”)*]{0,2} (?:is|est|es) (?:your|the|votre|le|su|tu|el)\b/.test(place.foldedAfter)
  )
}

/** No word or brand: six consonants with one vowel at most. */
const isUnpronounceable = (code: string): boolean =>
  code.length >= 6 && code.replace(/[^AEIOUY]/g, '').length <= 1
