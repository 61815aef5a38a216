//! Condition blocks, the context they meet, and whether they hold.

use super::ConditionExample;

pub(super) const CONDITIONS: &[ConditionExample] = &[
    // Strings.
    (r#"{"StringEquals":{"aws:UserAgent":"curl"}}"#, r#"{"aws:UserAgent":"curl"}"#, true),
    (r#"{"StringEquals":{"aws:UserAgent":"curl"}}"#, r#"{"aws:UserAgent":"Curl"}"#, false),
    (r#"{"StringEquals":{"aws:UserAgent":"c*"}}"#, r#"{"aws:UserAgent":"curl"}"#, false),
    (r#"{"StringEquals":{"AWS:useragent":"curl"}}"#, r#"{"aws:UserAgent":"curl"}"#, true),
    (r#"{"StringEquals":{"aws:UserAgent":["a","curl"]}}"#, r#"{"aws:UserAgent":"curl"}"#, true),
    (r#"{"StringEquals":{"aws:UserAgent":"curl"}}"#, "{}", false),
    (r#"{"StringEquals":{"app:n":7}}"#, r#"{"app:n":"7"}"#, true),
    (r#"{"StringNotEquals":{"aws:UserAgent":"curl"}}"#, r#"{"aws:UserAgent":"curl"}"#, false),
    (r#"{"StringNotEquals":{"aws:UserAgent":"curl"}}"#, "{}", true),
    (r#"{"StringNotEquals":{"aws:UserAgent":["a","curl"]}}"#, r#"{"aws:UserAgent":"a"}"#, false),
    (r#"{"StringNotEquals":{"aws:UserAgent":["a","curl"]}}"#, r#"{"aws:UserAgent":"b"}"#, true),
    (r#"{"StringEqualsIgnoreCase":{"app:t":"ÉTÉ"}}"#, r#"{"app:t":"été"}"#, true),
    (r#"{"StringNotEqualsIgnoreCase":{"app:t":"ÉTÉ"}}"#, r#"{"app:t":"été"}"#, false),
    (r#"{"StringLike":{"app:t":"t?.*"}}"#, r#"{"app:t":"t2.micro"}"#, true),
    (r#"{"StringLike":{"app:t":"t?.*"}}"#, r#"{"app:t":"T2.micro"}"#, false),
    (r#"{"StringLike":{"app:t":["","home/"]}}"#, r#"{"app:t":""}"#, true),
    (r#"{"StringNotLike":{"app:t":"*"}}"#, r#"{"app:t":"a\nb"}"#, false),
    (
        r#"{"StringLike":{"app:t":"arn:aws:someservice:*:111122223333:finance/*"}}"#,
        r#"{"app:t":"arn:aws:someservice:us-east-2:999999999999:store/abc:111122223333:finance/document.txt"}"#,
        true,
    ),
    // Numbers.
    (r#"{"NumericLessThanEquals":{"s3:max-keys":"10"}}"#, r#"{"s3:max-keys":10}"#, true),
    (r#"{"NumericLessThanEquals":{"s3:max-keys":"10"}}"#, r#"{"s3:max-keys":"11"}"#, false),
    (r#"{"NumericLessThan":{"app:n":10}}"#, r#"{"app:n":9.99}"#, true),
    (r#"{"NumericLessThan":{"app:n":10}}"#, r#"{"app:n":"-11"}"#, true),
    (r#"{"NumericEquals":{"app:n":"1e1"}}"#, r#"{"app:n":"10.0"}"#, true),
    (r#"{"NumericEquals":{"app:n":"0"}}"#, r#"{"app:n":"-0.0"}"#, true),
    (r#"{"NumericEquals":{"app:n":"9007199254740993"}}"#, r#"{"app:n":"9007199254740992"}"#, false),
    (r#"{"NumericNotEquals":{"app:n":"10"}}"#, r#"{"app:n":"ten"}"#, true),
    (r#"{"NumericGreaterThan":{"app:n":"10"}}"#, r#"{"app:n":"ten"}"#, false),
    (r#"{"NumericGreaterThanEquals":{"app:n":"-1.5"}}"#, r#"{"app:n":"-15e-1"}"#, true),
    (r#"{"NumericGreaterThan":{"app:n":"1"}}"#, "{}", false),
    // Dates.
    (
        r#"{"DateGreaterThan":{"aws:CurrentTime":"2020-01-01T00:00:01Z"}}"#,
        r#"{"aws:CurrentTime":"2020-01-01T00:00:02Z"}"#,
        true,
    ),
    (
        r#"{"DateGreaterThan":{"aws:CurrentTime":"2020-01-01T00:00:01Z"}}"#,
        r#"{"aws:CurrentTime":"2020-01-01T00:00:01Z"}"#,
        false,
    ),
    (r#"{"DateEquals":{"aws:EpochTime":"1994"}}"#, r#"{"aws:EpochTime":"757382400"}"#, true),
    (
        // The example of the W3C note: 08:15:30 US Eastern is 13:15:30 UTC.
        r#"{"DateEquals":{"aws:CurrentTime":"1994-11-05T08:15:30-05:00"}}"#,
        r#"{"aws:CurrentTime":"1994-11-05T13:15:30Z"}"#,
        true,
    ),
    (
        r#"{"DateLessThan":{"aws:CurrentTime":"1997-07-16T19:20:30.45+01:00"}}"#,
        r#"{"aws:CurrentTime":"1997-07-16T18:20:30.4Z"}"#,
        true,
    ),
    (
        r#"{"DateLessThanEquals":{"aws:CurrentTime":"2000-03-01"}}"#,
        r#"{"aws:CurrentTime":"2000-02-29T24:00Z"}"#,
        false,
    ),
    (
        r#"{"DateGreaterThanEquals":{"aws:CurrentTime":"1900-03"}}"#,
        r#"{"aws:CurrentTime":"1900-02-28T23:59:59.999Z"}"#,
        false,
    ),
    // A fraction is "one or more digits", and a number of seconds has no end.
    (
        r#"{"DateGreaterThan":{"aws:CurrentTime":"2024-01-01"}}"#,
        r#"{"aws:CurrentTime":"2024-01-01T00:00:00.0000000001Z"}"#,
        true,
    ),
    (
        r#"{"DateGreaterThan":{"aws:EpochTime":"2024-01-01"}}"#,
        r#"{"aws:EpochTime":"253402300800"}"#,
        true,
    ),
    // The zone can carry a date out of its year, the first and the last one too.
    (
        r#"{"DateGreaterThan":{"aws:CurrentTime":"2024"}}"#,
        r#"{"aws:CurrentTime":"9999-12-31T23:59:59-00:01"}"#,
        true,
    ),
    (
        r#"{"DateLessThan":{"aws:CurrentTime":"0000"}}"#,
        r#"{"aws:CurrentTime":"0000-01-01T00:00+00:01"}"#,
        true,
    ),
    (r#"{"DateNotEquals":{"aws:CurrentTime":"2024"}}"#, r#"{"aws:CurrentTime":"today"}"#, true),
    // Booleans.
    (r#"{"Bool":{"aws:SecureTransport":"false"}}"#, r#"{"aws:SecureTransport":false}"#, true),
    (r#"{"Bool":{"aws:SecureTransport":true}}"#, r#"{"aws:SecureTransport":"TRUE"}"#, true),
    (r#"{"Bool":{"aws:SecureTransport":"false"}}"#, r#"{"aws:SecureTransport":"no"}"#, false),
    (r#"{"Bool":{"aws:SecureTransport":"false"}}"#, "{}", false),
    // Binary.
    (
        r#"{"BinaryEquals":{"app:b":"QmluYXJ5VmFsdWVJbkJhc2U2NA=="}}"#,
        r#"{"app:b":"QmluYXJ5VmFsdWVJbkJhc2U2NA=="}"#,
        true,
    ),
    (r#"{"BinaryEquals":{"app:b":"AAEC"}}"#, r#"{"app:b":"AAED"}"#, false),
    (r#"{"BinaryEquals":{"app:b":"AAEC"}}"#, r#"{"app:b":"aaec"}"#, false),
    // IP addresses.
    (
        r#"{"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}}"#,
        r#"{"aws:SourceIp":"203.0.113.255"}"#,
        true,
    ),
    (
        r#"{"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}}"#,
        r#"{"aws:SourceIp":"203.0.114.0"}"#,
        false,
    ),
    (r#"{"IpAddress":{"aws:SourceIp":"203.0.113.7"}}"#, r#"{"aws:SourceIp":"203.0.113.7"}"#, true),
    (r#"{"IpAddress":{"aws:SourceIp":"203.0.113.7"}}"#, r#"{"aws:SourceIp":"203.0.113.8"}"#, false),
    (
        r#"{"IpAddress":{"aws:SourceIp":["203.0.113.0/24","2001:DB8:1234:5678::/64"]}}"#,
        r#"{"aws:SourceIp":"2001:db8:1234:5678:ffff::1"}"#,
        true,
    ),
    (r#"{"IpAddress":{"aws:SourceIp":"0.0.0.0/0"}}"#, r#"{"aws:SourceIp":"::1"}"#, false),
    (r#"{"NotIpAddress":{"aws:SourceIp":"0.0.0.0/0"}}"#, r#"{"aws:SourceIp":"::1"}"#, true),
    (r#"{"NotIpAddress":{"aws:SourceIp":"10.0.0.0/8"}}"#, r#"{"aws:SourceIp":"10.9.9.9"}"#, false),
    // ARNs.
    (
        r#"{"ArnLike":{"aws:SourceArn":"arn:aws:someservice:*:111122223333:finance/*"}}"#,
        r#"{"aws:SourceArn":"arn:aws:someservice:us-east-2:999999999999:store/abc:111122223333:finance/document.txt"}"#,
        false,
    ),
    (
        r#"{"ArnEquals":{"aws:SourceArn":"arn:aws:someservice:*:111122223333:finance/*"}}"#,
        r#"{"aws:SourceArn":"arn:aws:someservice:us-east-2:111122223333:finance/a:b"}"#,
        true,
    ),
    (
        r#"{"ArnNotLike":{"aws:SourceArn":"arn:aws:s3:::bucket"}}"#,
        r#"{"aws:SourceArn":"arn:aws:s3:::Bucket"}"#,
        true,
    ),
    (r#"{"ArnNotEquals":{"aws:SourceArn":"arn:aws:s3:::bucket"}}"#, "{}", true),
    // IfExists and Null.
    (r#"{"StringLikeIfExists":{"app:t":"t1.*"}}"#, "{}", true),
    (r#"{"StringLikeIfExists":{"app:t":"t1.*"}}"#, r#"{"app:t":"t2.micro"}"#, false),
    (r#"{"StringNotEqualsIfExists":{"app:t":"t1"}}"#, "{}", true),
    (r#"{"Null":{"aws:TokenIssueTime":"true"}}"#, "{}", true),
    (r#"{"Null":{"aws:TokenIssueTime":"true"}}"#, r#"{"aws:TokenIssueTime":"2024"}"#, false),
    (r#"{"Null":{"aws:TokenIssueTime":false}}"#, r#"{"aws:TokenIssueTime":"2024"}"#, true),
    (r#"{"Null":{"app:tags":"true"}}"#, r#"{"app:tags":[]}"#, true),
    // Several operators and keys: all must hold.
    (
        r#"{"StringEquals":{"app:a":"1","app:b":"2"},"Null":{"app:c":"true"}}"#,
        r#"{"app:a":"1","app:b":"2"}"#,
        true,
    ),
    (
        r#"{"StringEquals":{"app:a":"1","app:b":"2"},"Null":{"app:c":"true"}}"#,
        r#"{"app:a":"1","app:b":"1"}"#,
        false,
    ),
    (
        r#"{"StringEquals":{"app:a":"1","app:b":"2"},"Null":{"app:c":"true"}}"#,
        r#"{"app:a":"1","app:b":"2","app:c":"3"}"#,
        false,
    ),
    // Set operators: the table of the DynamoDB attributes and that of `aws:TagKeys`.
    (
        r#"{"ForAllValues:StringLike":{"app:t":["PostDateTime","Message","Tags"]}}"#,
        r#"{"app:t":["PostDateTime","Message"]}"#,
        true,
    ),
    (
        r#"{"ForAllValues:StringLike":{"app:t":["PostDateTime","Message","Tags"]}}"#,
        r#"{"app:t":["PostDateTime","UserName"]}"#,
        false,
    ),
    (
        r#"{"ForAnyValue:StringLike":{"app:t":["ID","PostDateTime"]}}"#,
        r#"{"app:t":["UserName","Message","PostDateTime"]}"#,
        true,
    ),
    (
        r#"{"ForAnyValue:StringLike":{"app:t":["ID","PostDateTime"]}}"#,
        r#"{"app:t":["UserName"]}"#,
        false,
    ),
    (r#"{"ForAllValues:StringEquals":{"app:t":"a"}}"#, "{}", true),
    (r#"{"ForAllValues:StringEquals":{"app:t":"a"}}"#, r#"{"app:t":[]}"#, true),
    (r#"{"ForAnyValue:StringEquals":{"app:t":"a"}}"#, "{}", false),
    (r#"{"ForAnyValue:StringNotEquals":{"app:t":"a"}}"#, "{}", false),
    (r#"{"ForAnyValue:StringEqualsIfExists":{"app:t":"a"}}"#, "{}", true),
    (
        r#"{"ForAllValues:StringNotLike":{"aws:TagKeys":"key1*"}}"#,
        r#"{"aws:TagKeys":["key1:hr","key1:personnel"]}"#,
        false,
    ),
    (
        r#"{"ForAllValues:StringNotLike":{"aws:TagKeys":"key1*"}}"#,
        r#"{"aws:TagKeys":["key2:audit"]}"#,
        true,
    ),
    (r#"{"ForAllValues:StringNotLike":{"aws:TagKeys":"key1*"}}"#, "{}", true),
    (r#"{"ForAnyValue:StringNotEquals":{"app:t":["a","b"]}}"#, r#"{"app:t":["a","c"]}"#, true),
    (r#"{"ForAnyValue:StringNotEquals":{"app:t":["a","b"]}}"#, r#"{"app:t":["a","b"]}"#, false),
    // Several values without a set operator.
    (r#"{"StringEquals":{"app:t":"a"}}"#, r#"{"app:t":["a","b"]}"#, true),
    (r#"{"StringNotEquals":{"app:t":"a"}}"#, r#"{"app:t":["a","b"]}"#, false),
];
