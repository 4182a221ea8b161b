import { describeAdapter } from '@glovebox/conformance'
import { isInSample } from '../../../test/support/sample.ts'
import { workerd } from '../src/index.ts'

describeAdapter({ name: 'workerd', create: () => workerd(), includes: isInSample })
