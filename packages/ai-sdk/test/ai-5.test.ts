import { describeWrapper } from '@glovebox/testing/describe-wrapper'
import { vi } from 'vitest'
import { converse } from './conversation.ts'

// Make the wrapper import this version.
vi.mock('ai', () => import('ai-5'))

describeWrapper({ name: 'ai 5', hasApprovals: false, ask: (question) => converse(5, question) })
