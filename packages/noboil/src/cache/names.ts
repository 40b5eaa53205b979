/** The names of entities: singular and plural are one entity, and a name that is none is answered with the nearest. */

const irregular: ReadonlyMap<string, string> = new Map([
  ['person', 'people'],
  ['child', 'children'],
  ['man', 'men'],
  ['woman', 'women'],
  ['datum', 'data'],
  ['medium', 'media'],
  ['index', 'indices'],
  ['analysis', 'analyses'],
  ['criterion', 'criteria'],
])
const irregularSingulars: ReadonlyMap<string, string> = new Map(
  [...irregular].map(([one, many]) => [many, one]),
)
/** Words whose singular ends in `ie`: the ending `ies` does not say which it was. */
const endInIe = /(?:movie|cookie|zombie|calorie|brownie|selfie|rookie|genie|tie|pie|lie|die)s$/i
const sameInBoth = /(?:series|species|news|status|analysis|sheep|fish|settings)$/i

/** Both forms of a name, itself among them: `posts` → `post`, `posts`; of compounds the last word changes. */
export function formsOf(name: string): readonly string[] {
  const [, head = '', last = name] = /^(.*?)([A-Z]?[a-z]+|[^A-Za-z]*)$/.exec(name) ?? []
  const forms = new Set([name])
  const lower = last.toLowerCase()
  const like = (form: string): string =>
    head + (last === lower ? form : form.charAt(0).toUpperCase() + form.slice(1))
  const many = irregular.get(lower)
  const one = irregularSingulars.get(lower)
  if (many !== undefined) return [...forms.add(like(many))]
  if (one !== undefined) return [...forms.add(like(one))]
  if (lower !== '') forms.add(isPlural(lower) ? like(singular(lower)) : like(plural(lower)))
  return [...forms]
}

/** The name that takes the fewest changes to become, if it is close at all. */
export function nearest(name: string, names: Iterable<string>): string | undefined {
  let best: string | undefined
  let least = Math.max(2, Math.ceil(name.length / 3)) + 1
  for (const candidate of names) {
    const changes = distance(name.toLowerCase().slice(0, 64), candidate.toLowerCase())
    if (changes < least) {
      best = candidate
      least = changes
    }
  }
  return best
}

function isPlural(word: string): boolean {
  return /[^s]s$/.test(word) && !sameInBoth.test(word) && !/(?:us|is)$/.test(word)
}

function singular(word: string): string {
  if (endInIe.test(word)) return word.slice(0, -1)
  if (/[^aeiou]ies$/.test(word)) return `${word.slice(0, -3)}y`
  if (/(?:sses|shes|ches|xes|zzes|uses)$/.test(word)) return word.slice(0, -2)
  return word.slice(0, -1)
}

function plural(word: string): string {
  if (/(?:series|species|news|sheep|fish|settings)$/.test(word)) return word
  if (/[^aeiou]y$/.test(word)) return `${word.slice(0, -1)}ies`
  if (/(?:s|sh|ch|x|z)$/.test(word)) return `${word}es`
  return `${word}s`
}

/** Levenshtein's distance, one row at a time. */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, at) => at)
  for (let at = 1; at <= from.length; at++) {
    const next = [at]
    for (let other = 1; other <= to.length; other++) {
      const swapped = (row[other - 1] ?? 0) + (from[at - 1] === to[other - 1] ? 0 : 1)
      next.push(Math.min(swapped, (row[other] ?? 0) + 1, (next[other - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[to.length] ?? 0
}
