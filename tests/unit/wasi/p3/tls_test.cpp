// wasi:tls against a server in this process, whose certificate is made here. The component gives what it imports, so
// that the functions are called as by a guest.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <gtest/gtest.h>
#include <list>
#include <memory>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <optional>
#include <stdlib.h>
#include <string>
#include <vector>

#include "unit/wasi/p3/passthrough.hpp"
#include "wasi/p3/host.hpp"

namespace tenon::wasi::p3 {
namespace {

template <auto release>
struct Releases {
  template <class T>
  void operator()(T* object) const {
    release(object);
  }
};
template <class T, auto release>
using Owned = std::unique_ptr<T, Releases<release>>;

// A key, and a certificate for "localhost" that it signed itself.
struct Identity {
  Owned<EVP_PKEY, EVP_PKEY_free> key{EVP_EC_gen("P-256")};
  Owned<X509, X509_free> certificate{X509_new()};

  explicit Identity(long seconds_left = 3600) {
    X509* const made = certificate.get();
    X509_set_version(made, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(made), 1);
    X509_gmtime_adj(X509_getm_notBefore(made), -7200);
    X509_gmtime_adj(X509_getm_notAfter(made), seconds_left);
    X509_set_pubkey(made, key.get());
    X509_NAME* const name = X509_get_subject_name(made);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("tests"), -1, -1, 0);
    X509_set_issuer_name(made, name);
    X509_EXTENSION* const names =
        X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1");
    X509_add_ext(made, names, -1);
    X509_EXTENSION_free(names);
    X509_sign(made, key.get(), EVP_sha256());
  }
};

// The other side, over bytes in memory.
class Server {
 public:
  explicit Server(const Identity& identity) : context_(SSL_CTX_new(TLS_server_method())) {
    SSL_CTX_use_certificate(context_.get(), identity.certificate.get());
    SSL_CTX_use_PrivateKey(context_.get(), identity.key.get());
    ssl_.reset(SSL_new(context_.get()));
    input_ = BIO_new(BIO_s_mem());
    output_ = BIO_new(BIO_s_mem());
    SSL_set_bio(ssl_.get(), input_, output_);
    SSL_set_accept_state(ssl_.get());
  }
  void feed(const std::vector<std::uint8_t>& bytes) {
    BIO_write(input_, bytes.data(), static_cast<int>(bytes.size()));
    char buffer[4096];
    for (int got = 1; got > 0;) {
      got = SSL_read(ssl_.get(), buffer, sizeof buffer);
      if (got > 0) received.append(buffer, static_cast<std::size_t>(got));
    }
  }
  std::vector<std::uint8_t> take() {
    std::vector<std::uint8_t> bytes(BIO_ctrl_pending(output_));
    if (!bytes.empty()) BIO_read(output_, bytes.data(), static_cast<int>(bytes.size()));
    return bytes;
  }
  void write(std::string_view text) { SSL_write(ssl_.get(), text.data(), static_cast<int>(text.size())); }
  void end() { SSL_shutdown(ssl_.get()); }
  // The other side is to answer this.
  void ask_for_new_keys() { SSL_key_update(ssl_.get(), SSL_KEY_UPDATE_REQUESTED); }
  bool is_established() const { return SSL_is_init_finished(ssl_.get()) == 1; }
  bool has_heard_the_end() const { return (SSL_get_shutdown(ssl_.get()) & SSL_RECEIVED_SHUTDOWN) != 0; }

  std::string received;

 private:
  Owned<SSL_CTX, SSL_CTX_free> context_;
  Owned<SSL, SSL_free> ssl_;
  BIO* input_ = nullptr;
  BIO* output_ = nullptr;
};

struct P3Tls : ::testing::Test {
  // A connector whose ends this test has: what it writes, and what comes out.
  struct Ends {
    Val connector;
    StreamWriter<std::uint8_t> cleartext, ciphertext;
    tenon::Stream<std::uint8_t> sent, received;
    std::optional<Val> sent_result, received_result;
    std::string text;  // decrypted
    bool is_reading_ciphertext = false, is_reading_text = false, is_text_over = false, is_sent_over = false;
    bool is_carrying = false;
  };
  void SetUp() override {
    char pattern[] = "/tmp/tenon-tls-XXXXXX";
    folder = mkdtemp(pattern);
    trust(identity);
    host = std::make_shared<Host>(bindings::Grants::make(Config()).value());
  }
  void TearDown() override {
    unsetenv("SSL_CERT_FILE");
    std::filesystem::remove_all(folder);
  }
  void trust(const Identity& whom) const {
    const std::string path = (folder / "trusted.pem").string();
    std::FILE* const file = std::fopen(path.c_str(), "w");
    ASSERT_NE(file, nullptr);
    PEM_write_X509(file, whom.certificate.get());
    std::fclose(file);
    setenv("SSL_CERT_FILE", path.c_str(), 1);
  }

  Val call(std::string_view name, const std::vector<Val>& values = {}) {
    for (const Interface* interface : {&tls_client, &tls_types}) {
      for (const Function& function : interface->functions) {
        if (function.name != name) continue;
        auto answer = function.run({host, store}, values);
        EXPECT_TRUE(answer) << answer.error().message();
        test::record_outcome("0.3", std::string(interface->name) + "#" + std::string(name), test::outcome_of(answer));
        return answer ? answer->front() : Val();
      }
    }
    ADD_FAILURE() << name;
    return {};
  }
  std::string text_of(const Val& result) {
    EXPECT_EQ(result.index(), 1U);
    return std::string(call("[method]error.to-debug-string", {result.payload()}).string());
  }

  void watch(const Val& future, std::optional<Val>& into, const char* name) {
    auto reader = std::make_shared<Future<Val>>(Future<Val>::from(future).value());
    reader->read([&into, reader, name](Result<Val> value) {
      if (!value) return;
      into = *std::move(value);
      test::record_outcome("0.3", "wasi:tls/client#[method]connector." + std::string(name), test::outcome_of(*into));
    });
  }
  // They last as long as the store, whose end ends what is under way on them.
  Ends* open() {
    Ends* ends = opened.emplace_back(std::make_unique<Ends>()).get();
    ends->connector = call("[constructor]connector");
    auto cleartext = make_stream<std::uint8_t>(store).value();
    auto ciphertext = make_stream<std::uint8_t>(store).value();
    ends->cleartext = std::move(cleartext.writer);
    ends->ciphertext = std::move(ciphertext.writer);
    const Val sent = call("[method]connector.send", {ends->connector, std::move(cleartext.reader).to_val()});
    const Val received = call("[method]connector.receive", {ends->connector, std::move(ciphertext.reader).to_val()});
    ends->sent = tenon::Stream<std::uint8_t>::from(sent.fields()[0]).value();
    ends->received = tenon::Stream<std::uint8_t>::from(received.fields()[0]).value();
    watch(sent.fields()[1], ends->sent_result, "send");
    watch(received.fields()[1], ends->received_result, "receive");
    return ends;
  }
  void connect(Ends& ends, const std::string& name) {
    Passthrough& call = calls.emplace_back("[static]connector.connect", std::vector{ends.connector, Val::string(name)});
    const auto func = call.make(engine, store, host, "(result (error (own $tls-error)))",
                                "(export \"tls-error\" (type $tls-error (sub resource)))", "tls-error");
    ASSERT_TRUE(func) << func.error().message();
    start(*func, {}, [this, &call](Result<std::vector<Val>> results) {
      call.record(results);
      EXPECT_FALSE(outcome.has_value());
      ASSERT_TRUE(results) << results.error().message();
      outcome = results->front().index() == 0 ? "" : text_of(results->front());
    });
    ASSERT_TRUE(run_ready(store));
  }
  // Carries bytes between the guest's side and the server until nothing moves any more.
  void carry(Ends& ends, Server& server) {
    for (int i = 0; i < 300; ++i) {
      if (!ends.is_reading_ciphertext && !ends.is_sent_over) {
        ends.is_reading_ciphertext = true;
        ends.sent.read(100'000, [&](Result<Piece<std::uint8_t>> piece) {
          ends.is_reading_ciphertext = false;
          if (piece) server.feed(piece->items);
          ends.is_sent_over = !piece || piece->is_over;
        });
      }
      if (!ends.is_reading_text && !ends.is_text_over) {
        ends.is_reading_text = true;
        ends.received.read(100'000, [&](Result<Piece<std::uint8_t>> piece) {
          ends.is_reading_text = false;
          if (piece) ends.text.append(piece->items.begin(), piece->items.end());
          ends.is_text_over = !piece || piece->is_over;
        });
      }
      if (!ends.is_carrying) {
        if (auto bytes = server.take(); !bytes.empty()) {
          ends.is_carrying = true;
          ends.ciphertext.write(std::move(bytes), [&](Result<Copied>) { ends.is_carrying = false; });
        }
      }
      ASSERT_TRUE(run_ready(store));
    }
  }

  Identity identity;
  std::filesystem::path folder;
  std::list<Passthrough> calls;
  std::vector<std::unique_ptr<Ends>> opened;
  Engine engine;
  Store store{engine};
  std::shared_ptr<Host> host;
  std::optional<std::string> outcome;
};

TEST_F(P3Tls, BytesPassBothWaysAndTheEndsAreSaid) {
  Server server(identity);
  Ends* const ends = open();
  connect(*ends, "localhost");
  carry(*ends, server);
  ASSERT_EQ(outcome, "");
  EXPECT_TRUE(server.is_established());
  const std::string question(100'000, 'q');
  bool is_written = false;
  ends->cleartext.write({question.begin(), question.end()}, [&](Result<Copied>) { is_written = true; });
  server.write("an answer");
  carry(*ends, server);
  EXPECT_TRUE(is_written);
  EXPECT_EQ(server.received, question);
  EXPECT_EQ(ends->text, "an answer");
  EXPECT_FALSE(server.has_heard_the_end());
  ends->cleartext.close();
  carry(*ends, server);
  EXPECT_TRUE(server.has_heard_the_end());
  EXPECT_EQ(ends->sent_result, Val::ok());
  server.end();
  carry(*ends, server);
  EXPECT_TRUE(ends->is_text_over);
  EXPECT_EQ(ends->received_result, Val::ok());
}

TEST_F(P3Tls, AddressesAreCheckedAsSuch) {
  Server server(identity);
  Ends* const ends = open();
  connect(*ends, "127.0.0.1");
  carry(*ends, server);
  EXPECT_EQ(outcome, "");
}

TEST_F(P3Tls, AnotherNameIsRefused) {
  for (const char* name : {"example.com", "127.0.0.2"}) {
    Server server(identity);
    Ends* const ends = open();
    connect(*ends, name);
    carry(*ends, server);
    ASSERT_TRUE(outcome.has_value());
    EXPECT_NE(outcome->find("the server's certificate is not to be trusted"), std::string::npos) << *outcome;
    EXPECT_NE(text_of(ends->sent_result.value()).find("not to be trusted"), std::string::npos);
    EXPECT_NE(text_of(ends->received_result.value()).find("not to be trusted"), std::string::npos);
    outcome.reset();
  }
}

TEST_F(P3Tls, ACertificateThatNobodyTrustsIsRefused) {
  const Identity other;
  Server server(other);
  Ends* const ends = open();
  connect(*ends, "localhost");
  carry(*ends, server);
  ASSERT_TRUE(outcome.has_value());
  EXPECT_NE(outcome->find("not to be trusted"), std::string::npos) << *outcome;
}

TEST_F(P3Tls, ACertificateThatHasExpiredIsRefused) {
  const Identity expired(-60);
  trust(expired);
  Server server(expired);
  Ends* const ends = open();
  connect(*ends, "localhost");
  carry(*ends, server);
  ASSERT_TRUE(outcome.has_value());
  EXPECT_NE(outcome->find("certificate has expired"), std::string::npos) << *outcome;
}

TEST_F(P3Tls, WhatIsNoNameIsRefused) {
  for (const std::string& name : {std::string(), std::string("a\0b", 3)}) {
    Ends* const ends = open();
    connect(*ends, name);
    ASSERT_TRUE(outcome.has_value());
    EXPECT_NE(outcome->find("the server's name cannot be one"), std::string::npos) << *outcome;
    outcome.reset();
  }
}

TEST_F(P3Tls, BytesThatAreNoTlsAreRefused) {
  Ends* const ends = open();
  connect(*ends, "localhost");
  const std::string text = "HTTP/1.1 400 Bad Request\r\n\r\n";
  ends->ciphertext.write({text.begin(), text.end()}, [](Result<Copied>) {});
  ASSERT_TRUE(run_ready(store));
  ASSERT_TRUE(outcome.has_value());
  EXPECT_FALSE(outcome->empty());
}

TEST_F(P3Tls, AStreamThatEndsEarlyIsAnError) {
  {
    Ends* const ends = open();
    connect(*ends, "localhost");
    ends->ciphertext.close();
    ASSERT_TRUE(run_ready(store));
    ASSERT_TRUE(outcome.has_value());
    EXPECT_FALSE(outcome->empty());
    outcome.reset();
  }
  Server server(identity);
  Ends* const ends = open();
  connect(*ends, "localhost");
  carry(*ends, server);
  ASSERT_EQ(outcome, "");
  ends->ciphertext.close();  // and nobody said that it ends
  carry(*ends, server);
  EXPECT_NE(text_of(ends->received_result.value()).find("eof"), std::string::npos);
}

// Answers that nobody fetches do not pile up.
TEST_F(P3Tls, WhoFetchesNoCiphertextIsGivenNoCleartext) {
  Server server(identity);
  Ends* const ends = open();
  connect(*ends, "localhost");
  carry(*ends, server);
  ASSERT_EQ(outcome, "");
  constexpr std::size_t count = 20'000;
  for (std::size_t i = 0; i < count; ++i) {
    server.ask_for_new_keys();
    server.write("x");
  }
  bool is_taken = false;
  ends->ciphertext.write(server.take(), [&](Result<Copied>) { is_taken = true; });
  const auto read_text = [&](auto& self) -> void {
    ends->received.read(1000, [&](Result<Piece<std::uint8_t>> piece) {
      if (!piece || piece->is_over) return;
      ends->text.append(piece->items.begin(), piece->items.end());
      self(self);
    });
  };
  ends->received.cancel();  // what `carry` had under way
  ASSERT_TRUE(run_ready(store));
  read_text(read_text);
  for (std::size_t i = 0; i < count; ++i) ASSERT_TRUE(run_ready(store));
  EXPECT_FALSE(is_taken);
  EXPECT_FALSE(ends->text.empty());
  EXPECT_LT(ends->text.size(), count / 4);
  carry(*ends, server);
}

TEST_F(P3Tls, ConnectorsAreDroppedAndUsedOnce) {
  Ends* const ends = open();
  auto cleartext = make_stream<std::uint8_t>(store).value();
  const Val again = call("[method]connector.send", {ends->connector, std::move(cleartext.reader).to_val()});
  std::optional<Val> result;
  watch(again.fields()[1], result, "send");
  drop_connector(*host, bindings::number_of(ends->connector));
  ASSERT_TRUE(run_ready(store));
  EXPECT_EQ(text_of(result.value()), "was called before");
  EXPECT_NE(text_of(ends->sent_result.value()).find("dropped"), std::string::npos);
  EXPECT_NE(text_of(ends->received_result.value()).find("dropped"), std::string::npos);
}

TEST_F(P3Tls, AComponentFindsTheInterfaces) {
  constexpr std::string_view text = R"((component
    (import "wasi:tls/types@0.3.0-draft" (instance $types
      (export "error" (type $error (sub resource)))
      (export "[method]error.to-debug-string" (func (param "self" (borrow $error)) (result string)))))
    (alias export $types "error" (type $error))
    (import "wasi:tls/client@0.3.0-draft" (instance $client
      (export "error" (type $e (eq $error)))
      (export "connector" (type $connector (sub resource)))
      (type $ended (future (result (error (own $e)))))
      (type $way (tuple (stream u8) $ended))
      (type $bytes (stream u8))
      (export "[constructor]connector" (func (result (own $connector))))
      (export "[method]connector.send" (func (param "self" (borrow $connector)) (param "cleartext" $bytes)
        (result $way)))
      (export "[method]connector.receive" (func (param "self" (borrow $connector)) (param "ciphertext" $bytes)
        (result $way)))
      (export "[static]connector.connect" (func async (param "this" (own $connector)) (param "server-name" string)
        (result (result (error (own $e))))))))
    (core module $memory
      (memory (export "memory") 1))
    (core instance $m (instantiate $memory))
    (alias export $client "connector" (type $connector))
    (core func $new (canon lower (func $client "[constructor]connector")))
    (core func $connect (canon lower (func $client "[static]connector.connect") (memory (core memory $m "memory"))))
    (core module $caller
      (import "" "new" (func $new (result i32)))
      (import "" "connect" (func $connect (param i32 i32 i32 i32)))
      (import "" "memory" (memory 1))
      (data (i32.const 8) "localhost")
      (func (export "run") (result i32)
        (call $connect (call $new) (i32.const 8) (i32.const 9) (i32.const 64))
        (i32.load8_u (i32.const 64))))
    (core instance $c (instantiate $caller (with "" (instance (export "new" (func $new))
      (export "connect" (func $connect)) (export "memory" (memory $m "memory"))))))
    (func (export "run") async (result u32) (canon lift (core func $c "run")))))";
  Linker linker(engine);
  ASSERT_TRUE(define(linker, std::make_shared<HostOf>(host)));
  const auto component = Component::compile(engine, text);
  ASSERT_TRUE(component) << component.error().message();
  const auto instance = linker.instantiate(store, *component);
  ASSERT_TRUE(instance) << instance.error().message();
  const auto results = instance->func("", "run").value().call({});
  ASSERT_TRUE(results) << results.error().message();
  EXPECT_EQ(results->front(), Val::u32(1));  // an error: `send` and `receive` were not called
}

}  // namespace
}  // namespace tenon::wasi::p3
