resource "aws_kms_key" "queue" {
  description = "Queues"
}

resource "aws_sqs_queue" "dead" {
  name                      = "twin-dead"
  message_retention_seconds = 1209600
  sqs_managed_sse_enabled   = true
}

resource "aws_sqs_queue" "work" {
  name              = "twin-work"
  kms_master_key_id = aws_kms_key.queue.arn
}

resource "aws_sqs_queue_policy" "work" {
  queue_url = aws_sqs_queue.work.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = "*"
      Action    = "sqs:*"
      Resource  = "arn:aws:sqs:eu-west-1:123456789012:twin-work"
    }]
  })
}

resource "aws_sns_topic" "failures" {
  name = "twin-failures"
}

resource "aws_sns_topic_subscription" "failures" {
  topic_arn = aws_sns_topic.failures.arn
  protocol  = "email"
  endpoint  = "data@example.com"
}

resource "aws_lambda_function" "export" {
  function_name = "twin-export"
  role          = "arn:aws:iam::123456789012:role/twin"
  runtime       = "python3.12"
  handler       = "main.handler"
  filename      = "export.zip"
  environment {
    variables = { ZONE = "raw" }
  }
  dead_letter_config {
    target_arn = aws_sqs_queue.dead.arn
  }
  tracing_config {
    mode = "Active"
  }
}

resource "aws_lambda_permission" "export" {
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.export.function_name
  principal     = "events.amazonaws.com"
}

resource "aws_cloudwatch_metric_alarm" "dead" {
  alarm_name          = "twin-dead"
  comparison_operator = "GreaterThanThreshold"
  evaluation_periods  = 1
  metric_name         = "ApproximateNumberOfMessagesVisible"
  namespace           = "AWS/SQS"
  period              = 300
  statistic           = "Maximum"
  threshold           = 0
  actions_enabled     = false
  dimensions          = { QueueName = aws_sqs_queue.dead.name }
  alarm_actions       = [aws_sns_topic.failures.arn]
}

resource "aws_db_instance" "meta" {
  identifier              = "twin-meta"
  engine                  = "postgres"
  engine_version          = "16.4"
  instance_class          = "db.t4g.micro"
  allocated_storage       = 20
  username                = "sluice"
  password                = "not-a-real-password"
  publicly_accessible     = true
  storage_encrypted       = false
  backup_retention_period = 7
  skip_final_snapshot     = true
}

resource "aws_dynamodb_table" "locks" {
  name         = "twin-locks"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "id"
  attribute {
    name = "id"
    type = "S"
  }
  point_in_time_recovery {
    enabled = true
  }
}

resource "aws_secretsmanager_secret" "source" {
  name                    = "twin-source"
  recovery_window_in_days = 0
}

resource "aws_glue_catalog_database" "warehouse" {
  name = "twin"
}

resource "aws_cloudtrail" "main" {
  name                       = "twin"
  s3_bucket_name             = "twin-logs"
  is_multi_region_trail      = false
  enable_log_file_validation = false
}

resource "aws_ecr_repository" "jobs" {
  name                 = "twin/jobs"
  image_tag_mutability = "MUTABLE"
  image_scanning_configuration {
    scan_on_push = false
  }
}

resource "aws_cloudwatch_event_rule" "ready" {
  name          = "twin-ready"
  event_pattern = jsonencode({ source = ["sluice"] })
}

resource "aws_cloudwatch_event_target" "ready" {
  rule = aws_cloudwatch_event_rule.ready.name
  arn  = aws_sqs_queue.work.arn
}

resource "aws_efs_file_system" "shared" {
  creation_token = "twin"
}

resource "aws_redshiftserverless_namespace" "warehouse" {
  namespace_name = "twin"
}

resource "aws_backup_vault" "main" {
  name = "twin"
}
