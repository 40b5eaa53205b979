import { api } from '../../lazy.ts'

export const { list, read, search } = api.poll.pub
