import { vi } from 'vitest'
import { describeWrapper } from '../../../test/support/describe-wrapper.ts'
import { converse } from './conversation.ts'

// The wrapper finds the version that its user has.
vi.mock('ai', () => import('ai-6'))

describeWrapper({ name: 'ai 6', ask: (question) => converse(6, question) })
