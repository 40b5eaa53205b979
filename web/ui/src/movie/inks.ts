/** The inks that posters of a time were printed in: ground, ink and one light. Words on the ground are always in the light. */
export type Inks = readonly [ground: string, ink: string, light: string]

/** `share` picks one of the decade's sets. */
export function inksOf(year: string, share: number): Inks {
  const sets = eras.find(({ until }) => Number(year || 9_999) < until)?.inks ?? latest
  return sets[Math.floor(share * sets.length)] ?? fallback
}

const fallback: Inks = ['#1d2a24', '#5d7466', '#f2efe4']

const latest: readonly Inks[] = [
  ['#12333a', '#e2683c', '#f6e9d2'],
  ['#2b1f3d', '#c84b7a', '#f7dfd0'],
  ['#10263f', '#3f8fc4', '#f3ead0'],
  ['#3a1712', '#d8512c', '#f8dcb0'],
  ['#17332a', '#5aa469', '#f4edc9'],
  ['#262326', '#8c7b6b', '#f3e6d3'],
]

const eras: readonly { readonly until: number; readonly inks: readonly Inks[] }[] = [
  {
    until: 1935,
    inks: [
      ['#1c1b19', '#77716a', '#f3eee2'],
      ['#2a2622', '#948473', '#f4ead6'],
      ['#1b2023', '#6d7a80', '#eef0ea'],
    ],
  },
  {
    until: 1950,
    inks: [
      ['#20211f', '#7f8a80', '#f4efdf'],
      ['#2b1d1a', '#a0553f', '#f3e2c7'],
      ['#1a2530', '#647f95', '#f0ead8'],
    ],
  },
  {
    until: 1965,
    inks: [
      ['#7a2417', '#e8a13a', '#fbeccb'],
      ['#173f4d', '#d9a441', '#f6ecd0'],
      ['#26331f', '#a7a64c', '#f5efd2'],
      ['#2b2540', '#c76b5c', '#f7e4cf'],
    ],
  },
  {
    until: 1980,
    inks: [
      ['#5b2b12', '#d9822b', '#fae6bf'],
      ['#3d3216', '#c9a12f', '#f8edc8'],
      ['#4a1f24', '#c4583f', '#f8dfc2'],
      ['#1f3b33', '#7fa06b', '#f3eccb'],
    ],
  },
  {
    until: 1995,
    inks: [
      ['#1a1740', '#d0427f', '#f8d9e6'],
      ['#0f2c3f', '#28a5a0', '#e4f4e6'],
      ['#35123a', '#e0703f', '#fbe3c6'],
      ['#1c1c22', '#5a6ad0', '#eef0f8'],
    ],
  },
]
