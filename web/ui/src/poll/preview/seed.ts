/** What the preview starts with. Times are relative to the start, so that it always looks fresh. */
import type { AppUser, Author, BannerRow, Comment, Poll, ProfileRow, Vote } from '../port.ts'
import type { Switches } from './switches.ts'

export interface StoredVote extends Vote {
  readonly pollId: string
  readonly deletedAt?: number
}

export interface StoredComment extends Comment {
  readonly pollId: string
}

export interface FakeState {
  readonly user: AppUser | null
  readonly polls: readonly Poll[]
  /** Votes that are counted without rows, as if cast long ago. */
  readonly oldVotes: Readonly<Record<string, Readonly<Record<string, number>>>>
  readonly votes: readonly StoredVote[]
  readonly comments: readonly StoredComment[]
  readonly banner: BannerRow | null
  readonly clearedBanner: BannerRow | null
  readonly profile: ProfileRow | null
  /** When the user's recent ballots were cast. */
  readonly ballots: readonly number[]
}

export const users: Readonly<Record<Exclude<Switches['as'], 'nobody'>, AppUser>> = {
  member: {
    _id: 'u-ines',
    name: 'Ines Okafor',
    email: 'ines@example.org',
    role: 'user',
    isAnonymous: false,
  },
  guest: { _id: 'u-guest', name: 'Guest', role: 'user', isAnonymous: true },
  admin: {
    _id: 'u-maren',
    name: 'Maren Holt',
    email: 'maren@example.org',
    role: 'admin',
    isAnonymous: false,
  },
}

const people: readonly Author[] = [
  { _id: 'u-ines', name: 'Ines Okafor' },
  { _id: 'u-maren', name: 'Maren Holt' },
  { _id: 'u-teo', name: 'Teo Lindqvist' },
  { _id: 'u-aiko', name: 'Aiko Tanabe' },
  { _id: 'u-rafa', name: 'Rafa Duarte' },
  { _id: 'u-priya', name: 'Priya Raman' },
  { _id: 'u-sol', name: 'Sol' },
]

export const bannerText =
  'Counting pauses tonight from 22:00 to 22:10 while we move to a bigger box.'

export function seed(switches: Switches, nowMs: number): FakeState {
  const filled = switches.state !== 'empty'
  const banner = { active: true, message: bannerText, updatedAt: nowMs - 5_000_000 }
  return {
    user: switches.as === 'nobody' ? null : users[switches.as],
    polls: filled ? pollsAt(nowMs) : [],
    oldVotes: filled ? oldVotes : {},
    votes: filled ? votesAt(nowMs) : [],
    comments: filled ? commentsAt(nowMs) : [],
    banner: switches.banner ? banner : null,
    clearedBanner: switches.banner ? null : banner,
    profile:
      switches.as === 'member' ? { displayName: 'Ines', color: 'cobalt', updatedAt: nowMs } : null,
    ballots: [],
  }
}

export function author(index: number): Author {
  return people[index % people.length] ?? { _id: 'u-none', name: 'Someone' }
}

const minuteMs = 60_000

interface PollSeed {
  readonly by: number
  readonly ageMin: number
  readonly question: string
  readonly options: readonly string[]
  readonly counts: readonly number[]
  readonly isPublic?: boolean
  readonly closesInMin?: number
}

const pollSeeds: readonly PollSeed[] = [
  {
    by: 2,
    ageMin: 4,
    question: 'Which line should run all night on Fridays?',
    options: [
      'Harbour tram',
      'Line 4 to the university',
      'Night bus ring',
      'None, let the drivers sleep',
    ],
    counts: [486, 391, 274, 133],
  },
  {
    by: 0,
    ageMin: 52,
    question: 'Where do we have the summer party?',
    options: ['On the roof', 'At the lake', 'In the old print shop'],
    counts: [21, 34, 34],
    closesInMin: 4_300,
  },
  {
    by: 3,
    ageMin: 190,
    question: 'Tabs or spaces, once and for all',
    options: ['Tabs', 'Spaces'],
    counts: [5_120, 7_847],
  },
  {
    by: 4,
    ageMin: 700,
    question: 'What should the allotment society plant along the north fence?',
    options: ['Blackcurrants', 'Espaliered pears', 'Hops', 'Runner beans', 'A hedge for the wrens'],
    counts: [18, 27, 9, 6, 25],
  },
  {
    by: 0,
    ageMin: 1_500,
    question: 'Name for the new ferry',
    options: ['Little Auk', 'Second Wind', 'Ferry McFerryface'],
    counts: [0, 0, 0],
    isPublic: false,
  },
  {
    by: 5,
    ageMin: 6_000,
    question: 'Should the library open on Sundays?',
    options: ['Yes', 'Yes, but shorter', 'No'],
    counts: [904, 377, 58],
    closesInMin: -300,
  },
]

const oldVotes: FakeState['oldVotes'] = Object.fromEntries(
  pollSeeds.map((poll, index) => [
    pollId(index),
    Object.fromEntries(poll.counts.map((count, option) => [String(option), count])),
  ]),
)

function pollId(index: number): string {
  return `poll-${index + 1}`
}

function pollsAt(nowMs: number): readonly Poll[] {
  return pollSeeds.map((poll, index) => ({
    _id: pollId(index),
    _creationTime: nowMs - poll.ageMin * minuteMs,
    updatedAt: nowMs - poll.ageMin * minuteMs,
    userId: author(poll.by)._id,
    author: author(poll.by),
    question: poll.question,
    options: poll.options,
    isPublic: poll.isPublic ?? true,
    ...(poll.closesInMin !== undefined && { closesAt: nowMs + poll.closesInMin * minuteMs }),
  }))
}

function votesAt(nowMs: number): readonly StoredVote[] {
  const choices = [0, 0, 1, 2, 0, 1, 1, 0, 2, 1, 0]
  return pollSeeds.flatMap((poll, at) => {
    if (poll.counts.every((count) => count === 0)) return []
    return choices.map((optionIdx, index) => {
      const by = author(index + at * 3 + 2)
      return {
        _id: `vote-${at}-${index}`,
        pollId: pollId(at),
        seq: 1_300 - index,
        optionIdx: Math.min(optionIdx, poll.options.length - 1),
        voter: by.name,
        userId: by._id,
        author: by,
        createdAt: nowMs - (index * 47 + 9) * 1_000 * (at + 1),
      }
    })
  })
}

function commentsAt(nowMs: number): readonly StoredComment[] {
  const said = [
    {
      by: 3,
      ageMin: 2,
      text: 'The harbour tram passes the hospital and both late kitchens. Easy choice.',
    },
    {
      by: 4,
      ageMin: 3,
      text: 'Before we spend it all on one line: the ring bus would serve three times as many streets.\nEven every 40 minutes would do.',
    },
    { by: 0, ageMin: 4, text: 'Does anyone know what the drivers say?' },
  ]
  return said.map((comment, index) => ({
    _id: `comment-${index}`,
    pollId: pollId(0),
    _creationTime: nowMs - comment.ageMin * minuteMs,
    updatedAt: nowMs,
    userId: author(comment.by)._id,
    author: author(comment.by),
    authorName: author(comment.by).name,
    text: comment.text,
  }))
}
