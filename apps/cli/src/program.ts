import { Command } from 'commander';
import { addCheckpointCommands } from './commands/checkpoints.js';
import { addDatasetCommands } from './commands/datasets.js';
import { addDemoCommand } from './commands/demo.js';
import { addEventCommands } from './commands/events.js';
import { addExplainCommand } from './commands/explain.js';
import { addModelCommands } from './commands/models.js';
import { addNetworkCommands } from './commands/networks.js';
import { addRecognizeCommand } from './commands/recognize.js';
import { addRunCommands } from './commands/runs.js';
import { addStatusCommand } from './commands/status.js';
import { addStreamCommand } from './commands/stream.js';
import { addTokenCommands } from './commands/tokens.js';
import { addUpCommand } from './commands/up.js';
import { addConnectionOptions } from './connection.js';

/** The whole command line. */
export function createProgram(environment: NodeJS.ProcessEnv): Command {
  const program = new Command('resmask')
    .description('Facial-expression recognition: serve, stream, register, evaluate')
    .option('--json', 'print JSON: one document, or one per line for streams', false)
    .option('--namespace <name>', 'the tenant', environment['RESMASK_NAMESPACE'] ?? 'default')
    .option('--registry <host:port>', 'the model registry', environment['RESMASK_REGISTRY'] ?? '127.0.0.1:50052')
    .option('--inference <host:port>', 'the inference service', environment['RESMASK_INFERENCE'] ?? '127.0.0.1:50051')
    .option(
      '--evaluation <host:port>',
      'the evaluation service',
      environment['RESMASK_EVALUATION'] ?? '127.0.0.1:50053',
    )
    .showHelpAfterError()
    .exitOverride();
  addConnectionOptions(program, environment);
  addUpCommand(program);
  addStatusCommand(program);
  addDemoCommand(program);
  addModelCommands(program);
  addEventCommands(program);
  addRecognizeCommand(program);
  addStreamCommand(program);
  addExplainCommand(program);
  addDatasetCommands(program);
  addRunCommands(program);
  addNetworkCommands(program);
  addCheckpointCommands(program);
  addTokenCommands(program);
  return program;
}
