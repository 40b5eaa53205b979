import { api } from '../../lazy.ts'

export const { counts, list, listAfter, read } = api.vote.pub
