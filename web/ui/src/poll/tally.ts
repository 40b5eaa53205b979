/** From counts to what the ballot shows. */
import type { VoteCounts } from './port.ts'

export interface OptionTally {
  readonly index: number
  readonly label: string
  readonly votes: number
  /** 0 to 1. */
  readonly share: number
  /** Whole; over all options they add up to exactly 100, or to 0 while there are no votes. */
  readonly percent: number
  /** Has the most votes, perhaps with others; false for all while there are no votes. */
  readonly leads: boolean
}

export interface Tally {
  readonly options: readonly OptionTally[]
  readonly total: number
}

/** Counts of options that do not exist are ignored: the total is the sum of what is shown. */
export function tallyOf(labels: readonly string[], counts: VoteCounts): Tally {
  const votes = labels.map((_, index) => Math.max(0, Math.floor(counts[String(index)] ?? 0)))
  const total = votes.reduce((sum, each) => sum + each, 0)
  const most = Math.max(0, ...votes)
  const percents = percentsOf(votes, total)
  const options = labels.map((label, index) => {
    const own = votes[index] ?? 0
    return {
      index,
      label,
      votes: own,
      share: total === 0 ? 0 : own / total,
      percent: percents[index] ?? 0,
      leads: own > 0 && own === most,
    }
  })
  return { options, total }
}

/** One sentence: who leads, by how much, of how many. */
export function standingOf({ options, total }: Tally): string {
  if (total === 0) return 'No ballots yet'
  const leaders = options.filter((option) => option.leads)
  const [first] = leaders
  if (!first) return 'No ballots yet'
  const ballots = ballotsText(total)
  if (leaders.length === 1) {
    return total === first.votes
      ? `${first.label} has every vote, ${ballots}`
      : `${first.label} leads with ${first.percent}% of ${ballots}`
  }
  if (leaders.length > 2) return `${leaders.length} options are level after ${ballots}`
  return `${leaders.map((leader) => leader.label).join(' and ')} are level after ${ballots}`
}

export function ballotsText(count: number): string {
  return count === 1 ? '1 ballot' : `${count.toLocaleString('en')} ballots`
}

/** Splits a count into counted gates, the last one perhaps unfinished: 7 is [5, 2]. */
export function gatesOf(count: number): readonly number[] {
  const full = Math.floor(count / 5)
  const gates = Array.from({ length: full }, () => 5)
  return count % 5 === 0 ? gates : [...gates, count % 5]
}

/** Largest remainder: everyone gets the whole part, the largest fractions share what is left. */
function percentsOf(votes: readonly number[], total: number): readonly number[] {
  if (total === 0) return votes.map(() => 0)
  const exact = votes.map((each) => (each * 100) / total)
  const whole = exact.map(Math.floor)
  const left = 100 - whole.reduce((sum, each) => sum + each, 0)
  const byFraction = exact
    .map((each, index) => ({ index, fraction: each - Math.floor(each) }))
    .sort((one, other) => other.fraction - one.fraction || one.index - other.index)
  for (const { index } of byFraction.slice(0, left)) whole[index] = (whole[index] ?? 0) + 1
  return whole
}
