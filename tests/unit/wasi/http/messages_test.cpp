#include "unit/wasi/p2/calls.hpp"
#include "wasi/http/interfaces.hpp"

namespace tenon::wasi::p2 {
namespace {

using host::HttpExchange;
using host::HttpFields;
using host::HttpResponse;
using host::Pipe;

class Messages : public Calls {
 protected:
  Val new_fields() { return call("[constructor]fields"); }
  Val new_request() { return call("[constructor]outgoing-request", {new_fields()}); }
  Val new_response(std::initializer_list<std::pair<const char*, const char*>> headers = {}) {
    const Val fields = new_fields();
    for (const auto& [name, value] : headers) ok("[method]fields.append", {fields, text(name), data(value)});
    return call("[constructor]outgoing-response", {fields});
  }
};

enum : std::uint32_t { invalid_syntax, forbidden, immutable };

TEST_F(Messages, FieldsAreSetGotAndRefused) {
  const Val fields = new_fields();
  const auto list = [](std::string_view value) { return Val::list(std::vector{data(value)}); };
  const auto error_of = [](const Val& result) { return result.index() == 1 ? result.payload().index() : ~0U; };
  ok("[method]fields.append", {fields, text("Foo"), data("1")});
  ok("[method]fields.set", {fields, text("foo"), list("2")});
  EXPECT_EQ(call("[method]fields.get", {fields, text("FOO")}), list("2"));
  EXPECT_EQ(error_of(call("[method]fields.set", {fields, text("host"), list("x")})), forbidden);
  EXPECT_EQ(error_of(call("[method]fields.set", {fields, text("a b"), list("x")})), invalid_syntax);
  EXPECT_EQ(error_of(call("[method]fields.append", {fields, text("foo"), data("\n")})), invalid_syntax);
  ok("[method]fields.delete", {fields, text("foo")});
  EXPECT_EQ(call("[method]fields.has", {fields, text("foo")}), Val::boolean(false));
  const Val entry = record({text("x"), data("y")});
  const Val made = ok("[static]fields.from-list", {Val::list(std::vector{entry})});
  EXPECT_EQ(call("[method]fields.entries", {made}), Val::list(std::vector{entry}));
  const Val wrong = record({text(""), data("y")});
  EXPECT_EQ(error_of(call("[static]fields.from-list", {Val::list(std::vector{wrong})})), invalid_syntax);
  const Val large = Val::list(std::vector{data(std::string(300'000, 'x'))});
  EXPECT_EQ(try_call("[method]fields.set", {fields, text("x"), large}).error().kind(), ErrorKind::trap);
  EXPECT_EQ(call("[method]fields.get", {fields, text("x")}).size(), 0U);
}

TEST_F(Messages, HeadersOfResponsesCannotBeChanged) {
  const Val response = new_response({{"a", "b"}});
  const Val headers = call("[method]outgoing-response.headers", {response});
  EXPECT_EQ(call("[method]fields.delete", {headers, text("a")}), Val::error(Val::enumeration(immutable)));
  const auto list = std::make_shared<HttpFields>(HttpFields{{"c", "d"}});
  const Val incoming = handle(host->incoming_responses.insert({.status = 404, .headers = list, .body = {}}));
  EXPECT_EQ(call("[method]incoming-response.status", {incoming}), Val::u16(404));
  const Val seen = call("[method]incoming-response.headers", {incoming});
  EXPECT_EQ(call("[method]fields.entries", {seen}).size(), 1U);
  EXPECT_EQ(call("[method]fields.delete", {seen, text("c")}), Val::error(Val::enumeration(immutable)));
  EXPECT_EQ(call("[method]incoming-response.consume", {incoming}), Val::error());
}

struct RecordedExchange final : HttpExchange {
  void respond(HttpResponse given) override { response = std::move(given); }
  void inform(std::uint16_t status, HttpFields) override { informed.push_back(status); }
  void refuse(std::uint16_t status) override { refused = status; }
  bool has_responded() const override { return response.has_value() || refused != 0; }
  std::optional<HttpResponse> response;
  std::vector<std::uint16_t> informed;
  std::uint16_t refused = 0;
};

TEST_F(Messages, ARequestHasDefaultsAndTakesWhatIsValid) {
  const Val request = new_request();
  EXPECT_EQ(call("[method]outgoing-request.method", {request}), Val::variant(0));
  EXPECT_EQ(call("[method]outgoing-request.path-with-query", {request}), Val::none());
  EXPECT_EQ(call("[method]outgoing-request.scheme", {request}), Val::none());
  EXPECT_EQ(call("[method]outgoing-request.authority", {request}), Val::none());
  ok("[method]outgoing-request.set-method", {request, Val::variant(2)});
  ok("[method]outgoing-request.set-path-with-query", {request, Val::some(text("/a?b"))});
  ok("[method]outgoing-request.set-scheme", {request, Val::some(Val::variant(1))});
  ok("[method]outgoing-request.set-authority", {request, Val::some(text("example.com:8443"))});
  EXPECT_EQ(call("[method]outgoing-request.method", {request}), Val::variant(2));
  EXPECT_EQ(call("[method]outgoing-request.path-with-query", {request}), Val::some(text("/a?b")));
  EXPECT_EQ(call("[method]outgoing-request.scheme", {request}), Val::some(Val::variant(1)));
  EXPECT_EQ(call("[method]outgoing-request.authority", {request}), Val::some(text("example.com:8443")));
  ok("[method]outgoing-request.set-scheme", {request, Val::none()});
  EXPECT_EQ(call("[method]outgoing-request.scheme", {request}), Val::none());
}

TEST_F(Messages, ARequestRefusesWhatIsNot) {
  const Val request = new_request();
  EXPECT_TRUE(fails("[method]outgoing-request.set-method", {request, Val::variant(9, text("A B"))}));
  EXPECT_TRUE(fails("[method]outgoing-request.set-path-with-query", {request, Val::some(text("/a\r\nb: c"))}));
  EXPECT_TRUE(fails("[method]outgoing-request.set-scheme", {request, Val::some(Val::variant(2, text("1")))}));
  EXPECT_TRUE(fails("[method]outgoing-request.set-authority", {request, Val::some(text("a/b"))}));
}

TEST_F(Messages, AMessagesFieldsAreImmutable) {
  const Val headers = call("[method]outgoing-request.headers", {new_request()});
  EXPECT_EQ(call("[method]fields.append", {headers, text("a"), data("b")}), Val::error(Val::enumeration(2)));
  const Val copy = call("[method]fields.clone", {headers});
  ok("[method]fields.append", {copy, text("a"), data("b")});
}

TEST_F(Messages, ABodyIsGivenOnce) {
  const Val request = new_request();
  ok("[method]outgoing-request.body", {request});
  EXPECT_TRUE(fails("[method]outgoing-request.body", {request}));
  const Val response = new_response();
  const Val body = ok("[method]outgoing-response.body", {response});
  EXPECT_TRUE(fails("[method]outgoing-response.body", {response}));
  ok("[method]outgoing-body.write", {body});
  EXPECT_TRUE(fails("[method]outgoing-body.write", {body}));
}

TEST_F(Messages, OptionsKeepTimes) {
  const Val options = call("[constructor]request-options");
  for (const char* name : {"connect-timeout", "first-byte-timeout", "between-bytes-timeout"}) {
    const std::string get = "[method]request-options." + std::string(name);
    const std::string set = "[method]request-options.set-" + std::string(name);
    EXPECT_EQ(call(get, {options}), Val::none());
    ok(set, {options, Val::some(Val::u64(7))});
    EXPECT_EQ(call(get, {options}), Val::some(Val::u64(7)));
    ok(set, {options, Val::none()});
    EXPECT_EQ(call(get, {options}), Val::none());
  }
}

TEST_F(Messages, AStatusHasThreeDigits) {
  const Val response = new_response();
  EXPECT_EQ(call("[method]outgoing-response.status-code", {response}), Val::u16(200));
  ok("[method]outgoing-response.set-status-code", {response, Val::u16(404)});
  EXPECT_EQ(call("[method]outgoing-response.status-code", {response}), Val::u16(404));
  for (const std::uint16_t wrong : {0, 99, 1000}) {
    EXPECT_TRUE(fails("[method]outgoing-response.set-status-code", {response, Val::u16(wrong)}));
  }
}

TEST_F(Messages, AResponseGoesToItsExchange) {
  const auto exchange = std::make_shared<RecordedExchange>();
  const Val outparam = handle(host->outparams.insert({.exchange = exchange}));
  ok("[method]response-outparam.send-informational", {outparam, Val::u16(103), new_fields()});
  EXPECT_TRUE(fails("[method]response-outparam.send-informational", {outparam, Val::u16(200), new_fields()}));
  call("[static]response-outparam.set", {outparam, Val::ok(new_response({{"x", "y"}}))});
  ASSERT_TRUE(exchange->response);
  EXPECT_EQ(exchange->response->status, 200);
  EXPECT_EQ(exchange->response->headers, (HttpFields{{"x", "y"}}));
  EXPECT_TRUE(exchange->response->body->is_drained());  // nobody took it, so it is empty
  EXPECT_EQ(exchange->informed, (std::vector<std::uint16_t>{103}));
}

TEST_F(Messages, AnErrorBecomesAStatus) {
  const auto exchange = std::make_shared<RecordedExchange>();
  const Val outparam = handle(host->outparams.insert({.exchange = exchange}));
  call("[static]response-outparam.set", {outparam, Val::error(Val::variant(15))});
  EXPECT_EQ(exchange->refused, 403);
}

TEST_F(Messages, ARequestIsSeenAsItCame) {
  const auto exchange = std::make_shared<RecordedExchange>();
  exchange->request = {.method = "POST",
                       .scheme = "http",
                       .authority = "a:1",
                       .target = "/x",
                       .headers = {{"A", "b"}, {"Connection", "close"}, {"Host", "a:1"}},
                       .body = std::make_shared<Pipe>()};
  const Val request = http::make_arguments(*host, exchange).request;
  EXPECT_EQ(call("[method]incoming-request.method", {request}), Val::variant(2));
  EXPECT_EQ(call("[method]incoming-request.path-with-query", {request}), Val::some(text("/x")));
  EXPECT_EQ(call("[method]incoming-request.scheme", {request}), Val::some(Val::variant(0)));
  EXPECT_EQ(call("[method]incoming-request.authority", {request}), Val::some(text("a:1")));
  const Val headers = call("[method]incoming-request.headers", {request});
  EXPECT_EQ(call("[method]fields.entries", {headers}).items().size(), 1U);
  EXPECT_EQ(call("[method]fields.has", {headers, text("a")}), Val::boolean(true));
  ok("[method]incoming-request.consume", {request});
  EXPECT_TRUE(fails("[method]incoming-request.consume", {request}));
}

class Bodies : public Messages {
 protected:
  Val incoming(const std::shared_ptr<Pipe>& pipe) {
    return handle(host->incoming_bodies.insert({.pipe = http::reading_end(pipe)}));
  }
  std::shared_ptr<Pipe> pipe_ = std::make_shared<Pipe>();
};

TEST_F(Bodies, AreReadToTheirEnd) {
  const Val body = incoming(pipe_);
  const Val stream = ok("[method]incoming-body.stream", {body});
  EXPECT_TRUE(fails("[method]incoming-body.stream", {body}));
  EXPECT_EQ(text_of(ok("[method]input-stream.read", {stream, Val::u64(10)})), "");
  pipe_->write("hello");
  EXPECT_EQ(text_of(ok("[method]input-stream.read", {stream, Val::u64(2)})), "he");
  EXPECT_EQ(ok("[method]input-stream.skip", {stream, Val::u64(2)}), Val::u64(2));
  EXPECT_EQ(text_of(ok("[method]input-stream.read", {stream, Val::u64(10)})), "o");
  pipe_->end();
  EXPECT_EQ(call("[method]input-stream.read", {stream, Val::u64(10)}), Val::error(Val::variant(1)));
}

TEST_F(Bodies, SayWhyTheyBrokeOff) {
  const Val stream = ok("[method]incoming-body.stream", {incoming(pipe_)});
  pipe_->fail({.code = host::HttpError::connection_terminated});
  const Val failed = call("[method]input-stream.read", {stream, Val::u64(10)});
  ASSERT_EQ(failed.payload().index(), 0U);
  EXPECT_EQ(call("http-error-code", {failed.payload().payload()}), Val::some(Val::variant(7)));
  EXPECT_EQ(call("[method]error.to-debug-string", {failed.payload().payload()}), text("the body ended early"));
  const Val other = handle(host->io_errors.insert({.error = Errno::io}));
  EXPECT_EQ(call("http-error-code", {other}), Val::none());
}

TEST_F(Bodies, AreAbandonedWhenNobodyReadsThem) {
  const Val body = incoming(pipe_);
  const Val stream = ok("[method]incoming-body.stream", {body});
  EXPECT_THROW(host->incoming_bodies.drop(number_of(body)), std::logic_error) << "its stream goes first";
  host->inputs.drop(number_of(stream));
  EXPECT_FALSE(pipe_->is_abandoned());
  host->incoming_bodies.drop(number_of(body));
  EXPECT_TRUE(pipe_->is_abandoned());
}

TEST_F(Bodies, GiveTheirTrailersOnce) {
  const Val body = incoming(pipe_);
  pipe_->write("unread");
  const Val future = call("[static]incoming-body.finish", {body});
  EXPECT_EQ(call("[method]future-trailers.get", {future}), Val::none());
  const Val pollable = call("[method]future-trailers.subscribe", {future});
  EXPECT_EQ(call("[method]pollable.ready", {pollable}), Val::boolean(false));
  pipe_->write("more");
  pipe_->end(HttpFields{{"a", "b"}});
  EXPECT_EQ(call("[method]pollable.ready", {pollable}), Val::boolean(true));
  const Val got = call("[method]future-trailers.get", {future});
  const Val trailers = got.payload().payload().payload().payload();
  EXPECT_EQ(call("[method]fields.has", {trailers, text("A")}), Val::boolean(true));
  EXPECT_EQ(call("[method]future-trailers.get", {future}), Val::some(Val::error()));
}

TEST_F(Bodies, HaveNoTrailersOrAnError) {
  Val future = call("[static]incoming-body.finish", {incoming(pipe_)});
  pipe_->end();
  EXPECT_EQ(call("[method]future-trailers.get", {future}), Val::some(Val::ok(Val::ok(Val::none()))));
  const auto broken = std::make_shared<Pipe>();
  future = call("[static]incoming-body.finish", {incoming(broken)});
  broken->fail({.code = host::HttpError::http_protocol_error});
  EXPECT_EQ(call("[method]future-trailers.get", {future}), Val::some(Val::ok(Val::error(Val::variant(35)))));
}

TEST_F(Bodies, CannotBeFinishedWhileTheirStreamIsThere) {
  const Val body = incoming(pipe_);
  ok("[method]incoming-body.stream", {body});
  const auto answer = try_call("[static]incoming-body.finish", {body});
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().kind(), ErrorKind::trap);
}

TEST_F(Bodies, AreWrittenAsFarAsThereIsRoom) {
  const Val response = new_response();
  const Val body = ok("[method]outgoing-response.body", {response});
  const auto pipe = host->outgoing_responses[number_of(response)].body;
  const Val stream = ok("[method]outgoing-body.write", {body});
  EXPECT_EQ(ok("[method]output-stream.check-write", {stream}), Val::u64(Pipe::default_capacity));
  ok("[method]output-stream.write", {stream, data("abc")});
  ok("[method]output-stream.flush", {stream});
  EXPECT_EQ(pipe->available(), 3U);
  pipe->write(std::string(Pipe::default_capacity - 4, 'x'));
  const auto answer = try_call("[method]output-stream.write", {stream, data("abc")});
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().kind(), ErrorKind::trap);
  ok("[method]output-stream.write-zeroes", {stream, Val::u64(1)});
  EXPECT_EQ(ok("[method]output-stream.check-write", {stream}), Val::u64(0));
  pipe->abandon();
  EXPECT_EQ(call("[method]output-stream.check-write", {stream}), Val::error(Val::variant(1)));
  EXPECT_EQ(call("[method]output-stream.write", {stream, data("abc")}), Val::error(Val::variant(1)));
}

TEST_F(Bodies, EndWithTrailersOrFail) {
  const Val body = ok("[method]outgoing-response.body", {new_response()});
  const auto pipe = host->outgoing_bodies[number_of(body)].pipe;
  const Val trailers = new_fields();
  ok("[method]fields.append", {trailers, text("a"), data("b")});
  ok("[static]outgoing-body.finish", {body, Val::some(trailers)});
  EXPECT_TRUE(pipe->is_ended());
  EXPECT_FALSE(pipe->failure);
  EXPECT_EQ(pipe->trailers, (HttpFields{{"a", "b"}}));

  const Val dropped = ok("[method]outgoing-response.body", {new_response()});
  const auto other = host->outgoing_bodies[number_of(dropped)].pipe;
  host->outgoing_bodies.drop(number_of(dropped));
  EXPECT_TRUE(other->failure);
}

TEST_F(Bodies, HoldTheirStatedLength) {
  const Val body = ok("[method]outgoing-response.body", {new_response({{"content-length", "3"}})});
  const Val stream = ok("[method]outgoing-body.write", {body});
  const Val failed = call("[method]output-stream.write", {stream, data("abcd")});
  ASSERT_EQ(failed.index(), 1U);
  EXPECT_EQ(call("http-error-code", {failed.payload().payload()}), Val::some(Val::variant(28, Val::some(Val::u64(4)))));
  ok("[method]output-stream.write", {stream, data("ab")});
  EXPECT_FALSE(try_call("[static]outgoing-body.finish", {body, Val::none()})) << "its stream goes first";
  host->outputs.drop(number_of(stream));
  const Val ended = call("[static]outgoing-body.finish", {body, Val::none()});
  EXPECT_EQ(ended, Val::error(Val::variant(28, Val::some(Val::u64(2)))));
}

TEST_F(Bodies, AreSplicedFromOneToTheOther) {
  const Val from = ok("[method]incoming-body.stream", {incoming(pipe_)});
  const Val body = ok("[method]outgoing-response.body", {new_response()});
  const auto pipe = host->outgoing_bodies[number_of(body)].pipe;
  const Val to = ok("[method]outgoing-body.write", {body});
  pipe_->write("abcdef");
  EXPECT_EQ(ok("[method]output-stream.splice", {to, from, Val::u64(4)}), Val::u64(4));
  EXPECT_EQ(ok("[method]output-stream.blocking-splice", {to, from, Val::u64(4)}), Val::u64(2));
  EXPECT_EQ(pipe->take(), "abcdef");
  pipe_->end();
  EXPECT_EQ(call("[method]output-stream.splice", {to, from, Val::u64(4)}), Val::error(Val::variant(1)));
}

class OutgoingHandler : public Messages {
 protected:
  Val send(std::optional<std::string> authority, std::uint32_t scheme = 0) {
    const Val request = new_request();
    ok("[method]outgoing-request.set-scheme", {request, Val::some(Val::variant(scheme))});
    if (authority) host->outgoing_requests[number_of(request)].authority = *authority;
    return call("handle", {request, Val::none()});
  }
};

TEST_F(OutgoingHandler, RefusesWhatIsNotGrantedAndNamesTheOption) {
  std::vector<std::string> remedies;
  grant(Config().on_refusal([&](const Refusal& refusal) { remedies.push_back(refusal.remedy); }));
  EXPECT_EQ(send("example.com"), Val::error(Val::variant(15)));
  EXPECT_EQ(send("127.0.0.1:8080"), Val::error(Val::variant(15)));
  EXPECT_EQ(remedies, (std::vector<std::string>{"--allow-net example.com:80", "--allow-net 127.0.0.1:8080"}));
}

TEST_F(OutgoingHandler, RefusesWhatIsNoPlace) {
  grant(Config().allow_net("*:*"));
  EXPECT_EQ(send(std::nullopt), Val::error(Val::variant(19)));
  for (const char* wrong : {"user@example.com", ":80", "a:b", "a:99999"}) {
    EXPECT_EQ(send(wrong), Val::error(Val::variant(19))) << wrong;
  }
}

TEST_F(OutgoingHandler, AnswersWhenNobodyListens) {
  grant(Config().allow_net("127.0.0.1:*"));
  const Val future =
      ok("handle", {[&] {
                      const Val request = new_request();
                      ok("[method]outgoing-request.set-scheme", {request, Val::some(Val::variant(0))});
                      ok("[method]outgoing-request.set-authority", {request, Val::some(text("127.0.0.1:1"))});
                      return request;
                    }(),
                    Val::none()});
  EXPECT_EQ(call("[method]future-incoming-response.get", {future}), Val::none());
  call("[method]pollable.block", {call("[method]future-incoming-response.subscribe", {future})});
  EXPECT_EQ(call("[method]future-incoming-response.get", {future}), Val::some(Val::ok(Val::error(Val::variant(6)))));
  EXPECT_EQ(call("[method]future-incoming-response.get", {future}), Val::some(Val::error()));
}

}  // namespace
}  // namespace tenon::wasi::p2
