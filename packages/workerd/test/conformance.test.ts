import { describeAdapter } from '@glovebox/conformance'
import { workerd } from '../src/index.ts'

describeAdapter({ name: 'workerd', create: () => workerd() })
