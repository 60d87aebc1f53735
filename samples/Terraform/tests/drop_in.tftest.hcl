mock_provider "aws" {
  source = "./tests/mocks"
}
mock_provider "archive" {}
mock_provider "random" {}

run "the_block_of_the_python_project_is_taken_as_it_is" {
  module {
    source = "./tests/drop-in"
  }

  assert {
    condition     = output.webhook_url == "https://abc123.execute-api.eu-central-1.amazonaws.com/webhook"
    error_message = "The webhook's address is the API's: ${output.webhook_url}."
  }

  assert {
    condition     = output.runner_table_name == "runnerfleet-main-runners"
    error_message = "The table of runners carries the fleet's name: ${output.runner_table_name}."
  }

  assert {
    condition     = output.image_build_project_name == "runnerfleet-main-image_builder"
    error_message = "The project has the given name behind the fleet's: ${output.image_build_project_name}."
  }
}
