/**
 * A few polls that people could have made, with votes that arrived over the last days: what every host of the demo begins with.
 */
import type { Id } from 'noboil/schema'

export interface SeedPerson {
  readonly _id: Id<'users'>
  readonly name: string
}

export interface SeedPoll {
  readonly by: number
  readonly question: string
  readonly options: readonly string[]
  /** Votes per option. */
  readonly votes: readonly number[]
  /** How long ago it was asked, where a host can tell the past. */
  readonly hoursAgo: number
  readonly comments: readonly SeedComment[]
}

export interface SeedComment {
  readonly by: number
  readonly text: string
  readonly hoursAgo: number
}

const id = (text: string): Id<'users'> => text as Id<'users'>

export const people: readonly SeedPerson[] = [
  { _id: id('users.seed-maren'), name: 'Maren Holt' },
  { _id: id('users.seed-tobias'), name: 'Tobias Eck' },
  { _id: id('users.seed-ines'), name: 'Inês Duarte' },
  { _id: id('users.seed-kofi'), name: 'Kofi Mensah' },
  { _id: id('users.seed-yuki'), name: 'Yuki Tanabe' },
]

export const polls: readonly SeedPoll[] = [
  {
    by: 3,
    question: 'Which bakery should cater Friday’s breakfast?',
    options: ['Brot & Butter', 'Café Liv', 'The corner one', 'We bake it ourselves'],
    votes: [7, 12, 4, 9],
    hoursAgo: 76,
    comments: [{ by: 1, text: 'If we bake ourselves, I am bringing cardamom buns.', hoursAgo: 71 }],
  },
  {
    by: 0,
    question: 'What should the reading group take on next?',
    options: [
      'The Left Hand of Darkness',
      'Middlemarch',
      'A collection of essays',
      'Something short, please',
    ],
    votes: [14, 6, 3, 11],
    hoursAgo: 51,
    comments: [
      { by: 2, text: 'Middlemarch over the winter would be perfect.', hoursAgo: 46 },
      { by: 4, text: 'I vote short, but I would not be sad about Le Guin.', hoursAgo: 19 },
    ],
  },
  {
    by: 2,
    question: 'Where do we put the new bicycle stands?',
    options: ['In front of the library', 'Behind the market hall', 'At the tram stop'],
    votes: [21, 8, 26],
    hoursAgo: 27,
    comments: [
      { by: 3, text: 'The tram stop is the only place with light at night.', hoursAgo: 25.5 },
      { by: 0, text: 'The library has the roof, though.', hoursAgo: 24.8 },
    ],
  },
  {
    by: 4,
    question: 'Best hour for the weekly call?',
    options: ['Monday 9:00', 'Tuesday 16:00', 'Thursday 11:00'],
    votes: [2, 9, 13],
    hoursAgo: 6.4,
    comments: [],
  },
  {
    by: 1,
    question: 'Tabs or spaces? Last time we ask.',
    options: ['Tabs', 'Spaces', 'Whatever the formatter says'],
    votes: [17, 18, 42],
    hoursAgo: 2.3,
    comments: [{ by: 4, text: 'The formatter has spoken.', hoursAgo: 0.7 }],
  },
]

export const hourMs = 3_600_000

/** How long ago the first poll was asked. */
export const oldestMs: number = Math.max(...polls.map(({ hoursAgo }) => hoursAgo)) * hourMs

export interface Ballot {
  readonly optionIdx: number
  readonly voter: string
}

/** The poll's votes in the order they were cast: at any time each option has about its share of them. */
export function ballots({ votes }: SeedPoll): Ballot[] {
  const total = votes.reduce((sum, count) => sum + count, 0)
  const cast = votes.map(() => 0)
  return Array.from({ length: total }, (_, at) => {
    const due = votes.map((count, optionIdx) => (count * (at + 1)) / total - (cast[optionIdx] ?? 0))
    const optionIdx = due.indexOf(Math.max(...due))
    cast[optionIdx] = (cast[optionIdx] ?? 0) + 1
    return { optionIdx, voter: person(at * 2 + optionIdx).name }
  })
}

export const person = (at: number): SeedPerson => people[at % people.length] as SeedPerson
