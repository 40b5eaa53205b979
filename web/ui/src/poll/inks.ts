/** The inks in which a voter may have their marks drawn. The names are what the profile stores. */
export interface Ink {
  readonly name: string
  readonly label: string
}

export const inks: readonly Ink[] = [
  { name: 'spruce', label: 'Spruce' },
  { name: 'cobalt', label: 'Cobalt' },
  { name: 'plum', label: 'Plum' },
  { name: 'brick', label: 'Brick' },
  { name: 'graphite', label: 'Graphite' },
]

const fallback = 'spruce'

/** CSS colour of a stored ink; an unknown name is drawn in the first. */
export function inkColor(name: string | undefined): string {
  return `var(--ink-${inkName(name)})`
}

export function inkName(name: string | undefined): string {
  return inks.some((ink) => ink.name === name) ? (name ?? fallback) : fallback
}
