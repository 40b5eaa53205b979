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
  readonly comments: readonly { readonly by: number; readonly text: string }[]
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
    comments: [{ by: 1, text: 'If we bake ourselves, I am bringing cardamom buns.' }],
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
    comments: [
      { by: 2, text: 'Middlemarch over the winter would be perfect.' },
      { by: 4, text: 'I vote short, but I would not be sad about Le Guin.' },
    ],
  },
  {
    by: 2,
    question: 'Where do we put the new bicycle stands?',
    options: ['In front of the library', 'Behind the market hall', 'At the tram stop'],
    votes: [21, 8, 26],
    comments: [
      { by: 3, text: 'The tram stop is the only place with light at night.' },
      { by: 0, text: 'The library has the roof, though.' },
    ],
  },
  {
    by: 4,
    question: 'Best hour for the weekly call?',
    options: ['Monday 9:00', 'Tuesday 16:00', 'Thursday 11:00'],
    votes: [2, 9, 13],
    comments: [],
  },
  {
    by: 1,
    question: 'Tabs or spaces? Last time we ask.',
    options: ['Tabs', 'Spaces', 'Whatever the formatter says'],
    votes: [17, 18, 42],
    comments: [{ by: 4, text: 'The formatter has spoken.' }],
  },
]

/** The poll's votes, option after option in turn, so that the newest ballots are mixed. */
export function ballots({ votes }: SeedPoll): { optionIdx: number; voter: string }[] {
  const left = [...votes]
  const cast: { optionIdx: number; voter: string }[] = []
  while (left.some((count) => count > 0)) {
    for (const [optionIdx, count] of left.entries()) {
      if (count === 0) continue
      left[optionIdx] = count - 1
      cast.push({ optionIdx, voter: person(cast.length + optionIdx).name })
    }
  }
  return cast
}

export const person = (at: number): SeedPerson => people[at % people.length] as SeedPerson
